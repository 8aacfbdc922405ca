"""Whether the ledger is sound, and what was done to prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import paragraph
from orchestrator.display.words import iso, moment, number
from orchestrator.visible import styled

if TYPE_CHECKING:
    from orchestrator.runs.checkpoints import Kept
    from orchestrator.upkeep.importing import Imported
    from state.ledger import Entry, Head, Verdict

WRONG = {
    "changed": "was changed",
    "removed": "was removed",
    "inserted": "was inserted",
    "reordered": "is not in its place",
    "truncated": "and what follows it were cut off",
    "foreign-genesis": "belongs to another host or site",
}


def verdict_lines(verdict: Verdict, against: Kept | None = None, entry: Entry | None = None) -> list[str]:
    """Whether the chain is sound, against what it was held, and how the first bad entry now reads."""
    if verdict.problem is not None:
        problem = verdict.problem
        page = [
            f"ledger {styled('BROKEN', fg='red', bold=True)}: entry {problem.seq} {WRONG[problem.what]}   [{problem.what}]",
            f"  {number(verdict.entries, 'entry', 'entries')} before it good",
        ]
        if entry is not None:
            page += paragraph(f"entry {entry.seq} now reads: {sentence(entry)}", 2)
        return page + _against(against)
    if verdict.head is None:
        return ["ledger empty"]
    head = verdict.head
    return [
        f"ledger {number(verdict.entries, 'entry', 'entries')}, chain sound, last {moment(head.time)} UTC",
        f"  head      {head.hash}",
        *_against(against),
    ]


def verdict_facts(verdict: Verdict) -> dict[str, Any]:
    """The same as data."""
    head, problem = verdict.head, verdict.problem
    return {
        "sound": problem is None,
        "entries": verdict.entries,
        "head": {"seq": head.seq, "hash": head.hash, "time": iso(head.time)} if head else None,
        "problem": {"seq": problem.seq, "what": problem.what} if problem else None,
    }


def sentence(entry: Entry) -> str:
    """An entry in a line: its kind, what it is about, its run and its time."""
    versions = " -> ".join(version for version in (entry.from_version, entry.to_version) if version)
    parts = [entry.kind, entry.component or "", versions, f"run {entry.run}" if entry.run else "", f"{moment(entry.time)} UTC"]
    return ", ".join(part for part in parts if part)


def against_facts(against: Kept | None) -> dict[str, Any] | None:
    """The checkpoint it was held against, as data."""
    if against is None:
        return None
    head = against.head
    return {"seq": head.seq, "hash": head.hash, "time": iso(head.time), "path": str(against.path)}


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


def import_lines(done: Imported) -> list[str]:
    """What was taken over."""
    if not done.releases + done.versions:
        return [f"nothing new: the ledger holds all {number(done.known, 'row')} already" if done.known else "nothing to import"]
    rows = f"{number(done.releases, 'start-up')} and {number(done.versions, 'version row')}"
    return [
        *paragraph(f"imported {rows} of the application's own tables, marked as outside", 0),
        *([f"  {number(done.known, 'row')} the ledger held already"] if done.known else []),
        "  next      orchestrate history    with what they add",
    ]


def export_lines(path: str, files: list[str], verdict: Verdict, against: Kept | None) -> list[str]:
    """What was exported."""
    return [
        f"exported to {path}",
        f"  {', '.join(files)}",
        *verdict_lines(verdict, against),
        f"  next      python3 {path}/verify.py    proves it anywhere, without this tool",
    ]


def _against(against: Kept | None) -> list[str]:
    if against is None:
        unseen = "  held against no checkpoint: that its end was cut off would not show"
        return [unseen, "  next      orchestrate audit checkpoint    keeps one"]
    head = against.head
    return [f"  held against checkpoint {head.seq} of {moment(head.time)} UTC", f"            {against.path}"]
