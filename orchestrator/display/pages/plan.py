"""What an upgrade would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import duration, number

if TYPE_CHECKING:
    from orchestrator.plans.upgrade import Estimate
    from workflows.model.plans import Hop, UpgradePlan


def lines(name: str, plan: UpgradePlan, estimates: Sequence[Estimate]) -> list[str]:
    """The way, hop by hop, and how long each part takes while mail runs and while it is down."""
    page = [f"openemm on {name}   {plan.source} -> {plan.target}   {number(len(plan.hops), 'hop')}", ""]
    page += table([_hop(hop) for hop in plan.hops])
    for hop in plan.hops:
        for repair in hop.rules.repairs:
            page += ["", *paragraph(f"{hop.title}: {repair.said}", 2)]
    if estimates:
        rows = [("step", "while mail runs", "downtime", "note")]
        rows += [(e.step, _took(e.running), _took(e.downtime), e.note) for e in estimates]
        rows.append(("total", _took(total(e.running for e in estimates)), _took(total(e.downtime for e in estimates)), ""))
        page += ["", *table(rows, right=(1, 2))]
    if plan.gate.window:
        page += ["", f"  mail is stopped only between {plan.gate.window.replace('-', ' and ')}, local time"]
    if plan.gate.ignore_dispatch:
        page += ["", "  mail is stopped even while it is being sent"]
    return page


def facts(plan: UpgradePlan, estimates: Sequence[Estimate]) -> dict[str, Any]:
    """The plan as data; seconds are null where they are not known or there are none."""
    return {
        "source": plan.source,
        "target": plan.target,
        "before": dict(plan.before),
        "hops": [
            {
                "number": hop.number,
                "source": hop.source,
                "target": hop.target.version,
                "final": hop.final,
                "updates": hop.updates,
                "repairs": [repair.said for repair in hop.rules.repairs],
                "packages": [{"file": p.file, "kind": p.kind.value, "version": p.version} for p in hop.target.packages],
            }
            for hop in plan.hops
        ],
        "gate": {"wait": plan.gate.wait, "window": plan.gate.window, "ignore_dispatch": plan.gate.ignore_dispatch},
        "estimates": [{"step": e.step, "running": e.running, "downtime": e.downtime, "note": e.note} for e in estimates],
    }


def total(seconds: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in seconds if value is not None]
    return sum(known) if known else None


def _hop(hop: Hop) -> tuple[str, str, str, str]:
    started = "mail flows again" if hop.final or hop.rules.backend_at_start else "started once"
    updates = "updates not known" if hop.updates is None else number(hop.updates, "update")
    return (f"hop {hop.number}", f"{hop.source} -> {hop.target.version}", updates, started)


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
