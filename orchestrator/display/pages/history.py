"""What was active when, and whether the ledger is sound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import table
from orchestrator.display.words import age, iso, moment, number

if TYPE_CHECKING:
    from orchestrator.history import Span
    from state.ledger import Verdict

_WRONG = {
    "changed": "was changed",
    "removed": "was removed",
    "inserted": "was inserted",
    "reordered": "is not in its place",
    "truncated": "and what follows it were cut off",
    "foreign-genesis": "belongs to another host or site",
}


def lines(spans: Sequence[Span], verdict: Verdict, at: datetime | None) -> list[str]:
    """The spans as a table, newest first by component, and the state of the ledger."""
    page = [f"active at {moment(at)} UTC"] if at else []
    if spans:
        rows: list[tuple[str, ...]] = [("component", "version", "from (UTC)", "to", "for", "by", "run")]
        before = None
        for span in spans:
            rows.append(_row(span, "" if span.component == before else span.component))
            before = span.component
        page += table(rows, indent=0, gap=2)
    else:
        page.append("nothing is recorded of that time" if at else "nothing is recorded yet")
    return [*page, "", *verdict_lines(verdict)]


def facts(spans: Sequence[Span], verdict: Verdict, at: datetime | None) -> dict[str, Any]:
    """The same as data."""
    return {
        "at": iso(at) if at else None,
        "spans": [
            {
                "component": s.component,
                "version": s.version,
                "start": iso(s.start) if s.start else None,
                "end": iso(s.end) if s.end else None,
                "by": s.by,
                "run": s.run,
                "outside": s.outside,
            }
            for s in spans
        ],
        "ledger": verdict_facts(verdict),
    }


def verdict_lines(verdict: Verdict) -> list[str]:
    """Whether the chain is sound, and against what that can be held."""
    if verdict.problem is not None:
        problem = verdict.problem
        wrong = f"entry {problem.seq} {_WRONG.get(problem.what, problem.what)}"
        return [f"ledger BROKEN: {wrong}   [{problem.what}]", f"  {number(verdict.entries, 'entry', 'entries')} before it good"]
    if verdict.head is None:
        return ["ledger empty"]
    head = verdict.head
    return [
        f"ledger {number(verdict.entries, 'entry', 'entries')}, chain sound, last {moment(head.time)} UTC",
        f"  head {head.hash[:16]}; a cut end shows only against a head kept elsewhere",
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


def _row(span: Span, component: str) -> tuple[str, ...]:
    end = span.end or datetime.now(UTC)
    took = "?" if span.start is None else age((end - span.start).total_seconds())
    start = moment(span.start) if span.start else "not known"
    return (component, span.version, start, _until(span), took, span.by or ("outside" if span.outside else "-"), span.run or "-")


def _until(span: Span) -> str:
    """The time when it ended on the day it began, else the day."""
    if span.end is None:
        return "now"
    day, time = moment(span.end).split()
    return time if span.start and moment(span.start).startswith(day) else day
