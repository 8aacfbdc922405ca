"""The report as one page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.audit import WRONG
from orchestrator.display.pages.history import ending, what
from orchestrator.display.pages.runs import title
from orchestrator.display.sentences import headline
from orchestrator.display.words import duration, moment, number, size
from orchestrator.report.markup import Html, el, join
from orchestrator.report.style import STYLE
from orchestrator.report.timeline import drawing, took
from orchestrator.views.history import Origin, RunAccount, who
from orchestrator.views.runs import Run

if TYPE_CHECKING:
    from orchestrator.report.content import BackupAccount, Report
    from state.journal import RunRecord, StepRecord

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
SECTIONS = {
    "timeline": "Timeline", "versions": "Versions", "runs": "Runs", "backups": "Backups", "outside": "Outside evidence",
}  # fmt: skip
_ORIGINS = {Origin.OBSERVED: "changed by hand", Origin.IMPORT: "outside evidence", Origin.BEFORE: "before the ledger"}


def page(report: Report) -> str:
    """The whole document."""
    name = f"OpenEMM on {report.site}: versions, runs and proof"
    head = el(
        "head", el("meta", charset="utf-8"), el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"), el("title", name), el("style", Html(STYLE)),
    )  # fmt: skip
    body = el("body", _header(report), el("main", *_sections(report)), _footer(report))
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def _header(report: Report) -> Html:
    links = [el("a", text, href=f"#{anchor}") for anchor, text in SECTIONS.items()]
    said = f"What ran when, who changed it and why, and what proves it. Written {moment(report.now)} UTC; all times are UTC."
    return el("header", el("h1", f"OpenEMM on {report.site}"), el("p", said, class_="soft"), el("nav", *links), _state(report))


def _state(report: Report) -> Html:
    verdict, against = report.verdict, report.against
    if verdict.problem is not None:
        words = f"BROKEN: entry {verdict.problem.seq} {WRONG[verdict.problem.what]}"
        more = f"{number(verdict.entries, 'entry', 'entries')} before it are good; nothing after it proves anything."
    else:
        words = f"The chain of {number(verdict.entries, 'entry', 'entries')} is sound"
        more = "Every hash was recomputed from the first entry on."
    held = (
        f"entry {against.head.seq}, {moment(against.head.time)}, {against.path}" if against else "none: a cut end would not show"
    )
    facts = [("held against checkpoint", held), ("machine", report.machine_id), ("ledger", report.site_id)]
    if verdict.head:
        facts.insert(0, ("head", f"{verdict.head.seq}  {verdict.head.hash}"))
    listed = [part for term, value in facts for part in (el("dt", term), el("dd", el("code", value)))]
    how = el("p", "To prove it anywhere: ", el("code", "python3 verify.py"), " beside this page.", class_="soft")
    kind = "broken" if verdict.problem else "sound"
    return el("div", el("strong", words), el("p", more, class_="soft"), el("dl", *listed), how, class_=f"state {kind}")


def _sections(report: Report) -> list[Html]:
    drawn = drawing(report.history, report.now)
    legend = el("div", *(el("span", el("i", class_=kind), text) for kind, text in (
        ("now", "active now"), ("past", "active before"), ("other", "not by this tool"),
        ("good", "run completed"), ("warn", "run undone"), ("bad", "run failed"))), class_="legend")  # fmt: skip
    runs = [_run(run, report) for run in report.runs]
    known = {run.id for run in report.runs}
    runs += [_lost_run(run) for run in report.history.runs if run.id not in known]
    return [
        _heading("timeline"), el("div", drawn, legend, class_="card") if drawn else _nothing("nothing yet"),
        _heading("versions"), _versions(report),
        _heading("runs"), *(runs or [_nothing("no run yet")]),
        _heading("backups"), _backups(report.backups),
        _heading("outside"), _outside(report),
    ]  # fmt: skip


def _heading(anchor: str) -> Html:
    return el("h2", SECTIONS[anchor], id=anchor)


def _versions(report: Report) -> Html:
    rows: list[tuple[list[str | None], bool]] = []
    before = None
    for span in report.history.spans:
        first = span.component != before
        cells: list[str | None] = [
            span.component if first else "", span.before or "", span.version, moment(span.since) if span.since else "not known",
            ("" if span.end else "now, ") + took(span, report.now), span.by or _ORIGINS.get(span.origin, ""),
            el("span", el("a", span.run, href=f"#run-{span.run}"), f" {span.outcome or ''}") if span.run else "",
        ]  # fmt: skip
        rows.append((cells, first))
        before = span.component
    if not rows:
        return _nothing("nothing is recorded yet")
    names = ["component", "from", "to", "started", "ran", "by", "run"]
    return el("div", _table(names, rows), class_="card long")


def _run(run: RunRecord, report: Report) -> Html:
    account = next((account for account in report.history.runs if account.id == run.id), None)
    facts = [
        ("began", moment(run.created)), ("ended", moment(run.ended) if run.ended else ""), ("by", who(run.actor) or "unknown"),
        ("why", run.reason or ""), ("with", f"orchestrate {run.tool_version}"),
        ("outcome", ending(account) if account else run.state),
    ]  # fmt: skip
    listed = [part for term, value in facts if value for part in (el("dt", term), el("dd", value))]
    error = el("p", headline(run.headline), class_="error") if run.headline else None
    longest = max((step.seconds or 0.0 for step in run.steps), default=0.0)
    steps = [(_step(step, longest), False) for step in run.steps]
    names = ["step", "state", "started", "took", "", "what"]
    about = what(account) if account else title(Run.of(run))
    heading = el("h3", el("span", run.id, class_="mono"), about, el("span", run.state, class_=f"chip {run.state}"))
    return el("section", heading, el("dl", *listed), error, _table(names, steps), class_="card long", id=f"run-{run.id}")


def _step(step: StepRecord, longest: float) -> list[str | None]:
    share = 100 * (step.seconds or 0.0) / longest if longest else 0.0
    meter = el("span", el("i", style=f"width:{share:.1f}%"), class_="meter") if step.seconds is not None else ""
    attempts = f" ({step.attempt} attempts)" if step.attempt > 1 else ""
    return [
        step.title, step.state + attempts, moment(step.started)[11:] if step.started else "",
        "" if step.seconds is None else duration(step.seconds), meter,
        step.summary or (headline(step.error) if step.error else ""),
    ]  # fmt: skip


def _lost_run(run: RunAccount) -> Html:
    heading = el("h3", el("span", run.id, class_="mono"), what(run), el("span", run.outcome, class_=f"chip {run.outcome}"))
    said = f"{moment(run.began)} by {run.by or 'somebody unknown'}; {ending(run)}. Its steps are no longer kept."
    return el("section", heading, el("p", said), class_="card", id=f"run-{run.id}")


def _backups(backups: Sequence[BackupAccount]) -> Html:
    return join(map(_backup, backups)) if backups else _nothing("no backup yet")


def _backup(backup: BackupAccount) -> Html:
    proof = backup.proof
    state = ("proven", "restored and compared") if proof is not None else ("unproven", "never restored: does not count")
    facts = [
        ("taken", moment(backup.created) if backup.created else "not known"), ("release", backup.release or "not known"),
        ("size", size(backup.size) if isinstance(backup.size, int) else ""), ("sha256", backup.sha256 or ""),
        ("run", backup.run or ""),
    ]  # fmt: skip
    if proof is not None and backup.verified:
        facts.append(("proof", f"{moment(backup.verified)}, {_proof(proof)}"))
    if backup.restored:
        facts.append(("restored", f"{moment(backup.restored)}, in place of the database"))
    listed = [
        part
        for term, value in facts
        if value
        for part in (el("dt", term), el("dd", el("code", value) if term == "sha256" else value))
    ]
    heading = el("h3", el("span", backup.id, class_="mono"), el("span", state[1], class_=f"chip {state[0]}"))
    return el("section", heading, el("dl", *listed), class_="card")


def _proof(proof: Mapping[str, Any]) -> str:
    counts = {"tables": "tables", "rows_total": "rows", "objects": "triggers, routines and views"}
    said = [f"restored into {proof.get('restored_into', 'an empty server')}"]
    said += [f"{proof[name]} {words}" for name, words in counts.items() if name in proof]
    if isinstance(proof.get("versions"), list):
        said.append(f"{len(proof['versions'])} version rows equal")
    return ", ".join(said)


def _outside(report: Report) -> Html:
    if not report.outside:
        return _nothing("none was imported (orchestrate audit import)")
    rows: list[tuple[list[str | None], bool]] = []
    for entry in report.outside:
        row = entry.evidence.get("row")
        said = number(len(entry.evidence.get("rows", [])), "version row")
        if isinstance(row, dict):
            said = f"{row.get('application_name')} on {row.get('host_name')}"
        startup = str(entry.evidence.get("startup") or "")[:19].replace("T", " ")
        rows.append(([said, entry.to_version or "", startup, str(entry.evidence.get("table")), moment(entry.time)], False))
    said = (
        "What OpenEMM's own tables say. This tool did not see it happen: it vouches only that the tables said so when imported."
    )
    names = ["what", "version", "started", "table", "imported"]
    return el("div", el("p", said, class_="soft"), _table(names, rows), class_="card long")


def _table(names: Sequence[str], rows: Sequence[tuple[Sequence[str | None], bool]]) -> Html:
    head = el("thead", el("tr", *(el("th", name) for name in names)))
    lines = [el("tr", *_cells(names, cells), class_="first" if first else None) for cells, first in rows]
    return el("table", head, el("tbody", *lines))


def _cells(names: Sequence[str], cells: Sequence[str | None]) -> list[Html]:
    labelled = zip(names, cells, strict=True)
    return [el("td", cell, data_label=name, class_=None if n else "head") for n, (name, cell) in enumerate(labelled)]


def _nothing(text: str) -> Html:
    return el("p", text, class_="soft")


def _footer(report: Report) -> Html:
    said = f"Written by orchestrate {report.tool} from its ledger and its journal."
    return el("footer", el("p", said), el("p", "entries.jsonl beside this page holds every entry."))
