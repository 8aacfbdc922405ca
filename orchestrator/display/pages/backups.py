"""Backups, and whether they count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import table
from orchestrator.display.words import moment, size

if TYPE_CHECKING:
    from orchestrator.views.backups import Backup


def lines(backups: Sequence[Backup]) -> list[str]:
    """One line a backup, newest first."""
    if not backups:
        return ["no backup yet", "  next      orchestrate backup create    make one while mail runs"]
    rows = [("backup", "taken (UTC)", "release", "size", "proven")]
    rows += [
        (b.id, moment(b.created), b.release, size(b.size), moment(b.verified)[:16] if b.verified else "no: does not count")
        for b in backups
    ]
    return table(rows, indent=0, right=(3,), gap=2)
