"""What prune removes and keeps, and what a run kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import table
from orchestrator.display.words import moment, number, size

if TYPE_CHECKING:
    from orchestrator.upkeep.retention import Fate
    from workflows.host.backups import KeptDatabase


def lines(fates: Sequence[Fate], *, done: bool) -> list[str]:
    """One line each, with what becomes of it and why."""
    if not fates:
        return ["no backup yet, and no kept database"]
    word = "removed" if done else "remove"
    rows = [("", "what", "taken", "size", "why")]
    rows += [
        (word if f.remove else "keep", f.name, moment(f.taken)[:10], "" if f.size is None else size(f.size), f.why) for f in fates
    ]
    return table(rows, indent=0, right=(3,), gap=2)


def kept_lines(run: str, kept: Sequence[KeptDatabase]) -> list[str]:
    """The databases that a run kept."""
    if not kept:
        return [f"run {run} keeps no database"]
    rows = [(k.name, f"as it was {moment(k.since)} UTC, {number(sum(k.rows.values()), 'row')}") for k in kept]
    return [f"run {run} keeps", *table(rows)]
