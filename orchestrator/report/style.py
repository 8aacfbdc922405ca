"""How the report looks: on a wide screen, on a phone, on paper, light and dark."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfbf9; --card: #fff; --ink: #1c2024; --soft: #5d6670; --rule: #dfe2e4;
  --even: #bcd3e6; --odd: #d9e6d0; --now: #2f7d4f; --now-ink: #fff; --other: #ecdcb8; --bar-ink: #1c2024;
  --good: #1f7a45; --bad: #b3261e; --warn: #8a5a00; --good-back: #e3f3e8; --bad-back: #fbe6e4; --warn-back: #faeed6; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --card: #1c2024; --ink: #e6e8ea; --soft: #9ba4ad; --rule:
  #343a40;
  --even: #33506a; --odd: #3f5a3c; --now: #3f9a66; --now-ink: #07140c; --other: #6a5730; --bar-ink: #eef0f2;
  --good: #6fce97; --bad: #ff8a80; --warn: #e6b85c; --good-back: #17301f; --bad-back: #3a1c1a; --warn-back: #34290f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans",
  sans-serif; }
main, header, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .7rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: baseline; }
p { margin: .35rem 0; } .soft, dt, th, .tick { color: var(--soft); } .soft { font-size: .9rem; }
code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .86em; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin-top: .6rem; } a { color: inherit; }
.state, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .9rem 1.1rem; margin:
  .8rem 0; }
.state { border-left-width: 6px; margin-top: 1.2rem; } .state strong { font-size: 1.1rem; }
.state.sound { border-left-color: var(--good); } .state.broken { border-left-color: var(--bad); }
.sound strong { color: var(--good); } .broken strong { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .5rem 0 0; } dd { margin: 0; min-width:
  0; }
.chip { font-size: .8rem; font-weight: 600; border-radius: 99px; padding: .05rem .6rem; color: var(--warn);
  background: var(--warn-back); white-space: nowrap; }
.chip.completed, .chip.done, .chip.proven { color: var(--good); background: var(--good-back); }
.chip.failed, .chip.unproven { color: var(--bad); background: var(--bad-back); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } .card > table { margin-top: .7rem; }
th, td { text-align: left; vertical-align: top; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--rule); }
th { font-weight: 500; font-size: .85rem; } tr:last-child td { border-bottom: 0; } td.right, th.right { text-align: right; }
tr.first td { border-top: 1px solid var(--soft); } td:empty::after { content: ""; }
.meter { display: block; height: 6px; border-radius: 3px; background: var(--rule); min-width: 5rem; margin-top: .5em; }
.meter i { display: block; height: 100%; border-radius: 3px; background: var(--now); min-width: 2px; }
.error { color: var(--bad); } svg.timeline { display: block; overflow: visible; } svg text { fill: var(--ink); font-size:
  13px; }
svg .name { font-weight: 600; } svg .tick { fill: var(--soft); font-size: 12px; } svg .version { fill: var(--bar-ink); }
svg .axis { stroke: var(--soft); } rect.even { fill: var(--even); } rect.odd { fill: var(--odd); }
rect.import, rect.before, rect.observed { fill: var(--other); } rect.now { fill: var(--now); } svg text.now { fill:
  var(--now-ink); }
rect.edge { fill: var(--paper); } .dot { fill: var(--warn); stroke: var(--paper); stroke-width: 2; }
.dot.completed { fill: var(--good); } .dot.failed { fill: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .85rem; color: var(--soft); margin-top: .6rem; }
.legend i { display: inline-block; width: .85rem; height: .85rem; border-radius: 3px; margin-right: .35rem; vertical-align:
  -.1rem; }
.legend i.now { background: var(--now); } .legend i.past { background: linear-gradient(90deg, var(--even) 50%, var(--odd)
  50%); }
.legend i.other { background: var(--other); }
.legend i.good, .legend i.bad, .legend i.warn { border-radius: 50%; background: var(--good); }
.legend i.bad { background: var(--bad); } .legend i.warn { background: var(--warn); }
footer { color: var(--soft); font-size: .85rem; padding-top: 2rem; padding-bottom: 2.5rem; }
.card > table:first-child { margin-top: 0; }
@media not all and (max-width: 640px) { td:not(:last-child) { white-space: nowrap; } }
@media (max-width: 640px) { main, header, footer { padding-left: .9rem; padding-right: .9rem; } dl { grid-template-columns:
  1fr; }
  dt { margin-top: .35rem; font-size: .85rem; } thead { position: absolute; clip-path: inset(50%); height: 1px; overflow:
  hidden; }
  table, tbody, tr { display: block; } td, td.right { display: flex; justify-content: space-between; gap: 1rem; border: 0;
  padding: .1rem 0; text-align: right; } td::before { content: attr(data-label); color: var(--soft); flex: none; }
  td:empty { display: none; } tr, tr.first td { border: 0; } tr { padding: .45rem 0; border-bottom: 1px solid var(--rule); }
  tr:last-child { border-bottom: 0; } td.head { font-weight: 600; } td.head::before { content: none; }
  td .meter { min-width: 0; flex: 1; max-width: 9rem; } }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; } body { font-size: 10pt; } nav { display:
  none; }
  .card, .state { break-inside: avoid-page; } .card.long { break-inside: auto; } h2, h3, thead { break-after: avoid; }
  tr { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
