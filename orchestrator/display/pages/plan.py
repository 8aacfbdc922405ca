"""What an upgrade would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import duration, number

if TYPE_CHECKING:
    from orchestrator.views.plan import Hop as HopTold
    from orchestrator.views.plan import Upgrade
    from workflows.model.plans import Hop, UpgradePlan


def lines(name: str, plan: Upgrade) -> list[str]:
    """The way, hop by hop, and how long each part takes while mail runs and while it is down."""
    page = [f"openemm on {name}   {plan.source} -> {plan.target}   {number(len(plan.hops), 'hop')}", ""]
    page += table([_hop(hop) for hop in plan.hops])
    for hop in plan.hops:
        for repair in hop.repairs:
            page += ["", *paragraph(f"hop {hop.number}: {repair}", 2)]
    if estimates := plan.estimates:
        rows = [("step", "while mail runs", "downtime", "note")]
        rows += [(e.step, _took(e.running), _took(e.downtime), e.note) for e in estimates]
        rows.append(("total", _took(total(e.running for e in estimates)), _took(total(e.downtime for e in estimates)), ""))
        page += ["", *table(rows, right=(1, 2))]
    if plan.gate.window:
        page += ["", f"  mail is stopped only between {plan.gate.window.replace('-', ' and ')}, local time"]
    if plan.gate.ignore_dispatch:
        page += ["", "  mail is stopped even while it is being sent"]
    return page


def total(seconds: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in seconds if value is not None]
    return sum(known) if known else None


def _hop(hop: HopTold) -> tuple[str, str, str, str]:
    started = "mail flows again" if hop.mail_flows else "started once"
    updates = "updates not known" if hop.updates is None else number(hop.updates, "update")
    return (f"hop {hop.number}", f"{hop.source} -> {hop.target}", updates, started)


def first_start_lines(hop: Hop) -> list[str]:
    """What goes before a start that is the first of its line on this database; nothing where it is not, or not known yet."""
    first = hop.first
    if first is None or first.restored:
        return []
    version, source = hop.target.version, first.older[0] if first.older else first.gui
    before = f"a dump is proven, and the site's values of {source} are carried, before it is"
    said = f"{version} has never been started on this database: {before}"
    return paragraph(said, 2)


def _took(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def nothing_to_do(plan: UpgradePlan) -> str:
    """What is said when the target already runs."""
    return f"nothing to do: {plan.source} runs already"
