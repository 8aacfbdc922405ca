"""Whether the ledger is sound, and what was done to prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.display.pages.layout import paragraph
from orchestrator.display.words import moment, number

if TYPE_CHECKING:
    from orchestrator.views.audit import EvidenceImported, Exported, Held, Ledger
    from state.ledger import Entry, Head

WRONG = {
    "changed": "was changed",
    "removed": "was removed",
    "inserted": "was inserted",
    "reordered": "is not in its place",
    "truncated": "and what follows it were cut off",
    "foreign-genesis": "belongs to another host or site",
}


def verdict_lines(ledger: Ledger, against: Held | None = None, entry: Entry | None = None) -> list[str]:
    """Whether the chain is sound, against what it was held, and how the first bad entry now reads."""
    if ledger.problem is not None:
        problem = ledger.problem
        page = [
            f"ledger {click.style('BROKEN', fg='red', bold=True)}: entry {problem.seq} {WRONG[problem.what]}   [{problem.what}]",
            f"  {number(ledger.entries, 'entry', 'entries')} before it good",
        ]
        if entry is not None:
            page += paragraph(f"entry {entry.seq} now reads: {sentence(entry)}", 2)
        return page + _against(against)
    if ledger.head is None:
        return ["ledger empty"]
    head = ledger.head
    return [
        f"ledger {number(ledger.entries, 'entry', 'entries')}, chain sound, last {moment(head.time)} UTC",
        f"  head      {head.hash}",
        *_against(against),
    ]


def sentence(entry: Entry) -> str:
    """An entry in a line: its kind, what it is about, its run and its time."""
    versions = " -> ".join(version for version in (entry.from_version, entry.to_version) if version)
    parts = [entry.kind, entry.component or "", versions, f"run {entry.run}" if entry.run else "", f"{moment(entry.time)} UTC"]
    return ", ".join(part for part in parts if part)


def checkpoint_lines(head: Head, path: str, *, journald: bool) -> list[str]:
    """A checkpoint that was made."""
    return [
        f"checkpoint {head.seq} {head.hash}",
        f"  written   {moment(head.time)} UTC, the ledger's last entry",
        f"  kept in   {path}{', and in the journal of this host' if journald else ''}",
        "  Keep a copy where nobody of this host can change it: only there it proves",
        "  that nothing was cut off.",
        f"  next      orchestrate audit verify --checkpoint {path}",
    ]


def import_lines(done: EvidenceImported) -> list[str]:
    """What was taken over."""
    if not done.releases + done.versions:
        return [f"nothing new: the ledger holds all {number(done.known, 'row')} already" if done.known else "nothing to import"]
    rows = f"{number(done.releases, 'start-up')} and {number(done.versions, 'version row')}"
    return [
        *paragraph(f"imported {rows} of the application's own tables, marked as outside", 0),
        *([f"  {number(done.known, 'row')} the ledger held already"] if done.known else []),
        "  next      orchestrate history    with what they add",
    ]


def export_lines(done: Exported, against: Held | None) -> list[str]:
    """What was exported."""
    return [
        f"exported to {done.path}",
        f"  {', '.join(done.files)}",
        *verdict_lines(done.ledger, against),
        f"  next      python3 {done.path}/verify.py    proves it anywhere, without this tool",
    ]


def _against(against: Held | None) -> list[str]:
    if against is None:
        unseen = "  held against no checkpoint: that its end was cut off would not show"
        return [unseen, "  next      orchestrate audit checkpoint    keeps one"]
    return [f"  held against checkpoint {against.seq} of {moment(against.time)} UTC", f"            {against.path}"]
