"""What was active when, what every run did, and whether the ledger is sound."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.display.pages import bars
from orchestrator.display.pages.layout import WIDTH, marked, paragraph, table
from orchestrator.display.words import age, duration, moment, number
from orchestrator.views.document import iso

if TYPE_CHECKING:
    from orchestrator.views.history import History, RunAccount, Span
    from state.ledger import Head

_OUTSIDE = {"run": "-", "observed": "by hand", "import": "outside", "before": "before"}
CSV_COLUMNS = (
    "component", "from", "to", "active_since", "started", "until", "seconds", "by", "reason", "run", "outcome", "origin",
)  # fmt: skip


def lines(history: History, *, drawn: bool = False) -> list[str]:
    """The spans as a table, newest first by component, the runs, and where the ledger ends.

    Args:
        history: what to show.
        drawn: also as bars, for a terminal.
    """
    now, at = datetime.now(UTC), history.at
    page = [f"active at {moment(at)} UTC"] if at else []
    if drawn and not at:
        page += [*bars.lines(history.spans, now), ""]
    if history.spans:
        rows: list[tuple[str, ...]] = [("component", "from", "to", "started (UTC)", "ran", "run")]
        before = None
        for span in history.spans:
            rows.append(_row(span, "" if span.component == before else span.component, at, now))
            before = span.component
        page += table(rows, indent=0, gap=2)
    else:
        page.append("nothing is recorded of that time" if at else "nothing is recorded yet")
    if history.runs:
        page += ["", *(line for run in history.runs for line in _run_lines(run))]
    return [*page, "", _ledger(history.head)]


def as_csv(history: History) -> str:
    """One row a span, newest first by component, then one a run that changed no version, its origin "attempt"."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    now = datetime.now(UTC)
    for span in history.spans:
        seconds = span.lasted(now)
        writer.writerow([
            span.component, span.before or "", span.version, _iso(span.start), _iso(span.started), _iso(span.end),
            "" if seconds is None else round(seconds), _cell(span.by), _cell(span.reason), span.run or "", span.outcome or "",
            span.origin.value,
        ])  # fmt: skip
    changed = {span.run for span in history.spans}
    for run in history.runs:
        if run.id not in changed and run.source != run.target:
            writer.writerow([
                "frontend", run.source or "", run.target or "", "", "", _iso(run.ended), "", _cell(run.by), _cell(run.reason),
                run.id, run.outcome, "attempt",
            ])  # fmt: skip
    return out.getvalue()


def what(run: RunAccount) -> str:
    """What a run was about: "upgrade 19.10.000.170 -> 20.10.000.152"."""
    return run.workflow if not run.target or run.source == run.target else f"{run.workflow} {run.source} -> {run.target}"


def ending(run: RunAccount) -> str:
    """How a run stands: "completed in 12 s", "failed after 4 m 00 s at hop1.database: disk-full"."""
    if run.ended is None:
        return run.outcome
    took = duration((run.ended - run.began).total_seconds())
    if run.outcome == "completed":
        return f"completed in {took}"
    at = f"{' at' if run.outcome == 'failed' else ', failed at'} {run.step}: {run.key}" if run.step else ""
    return f"{run.outcome} after {took}{at}"


def _run_lines(run: RunAccount) -> list[str]:
    outcome = ending(run)
    page = [f"{run.id:<5} {what(run)}"]
    if len(page[0]) + len(outcome) + 3 <= WIDTH:
        word, _, rest = outcome.partition(" ")
        page[0] += f"   {marked(word)} {rest}".rstrip()
    else:
        page += paragraph(outcome, 6)
    why = f": {run.reason}" if run.reason else ""
    return [*page, *paragraph(f"{moment(run.began)} UTC by {run.by or 'somebody unknown'}{why}", 6)]


def _row(span: Span, component: str, at: datetime | None, now: datetime) -> tuple[str, ...]:
    seconds = span.lasted(at or now)
    ran = "?" if seconds is None else age(seconds)
    if span.end is None and not at:
        ran = f"now {ran}"
    since = moment(span.since) if span.since else "not known"
    return (component, span.before or "?", span.version, since, ran, span.run or _OUTSIDE[span.origin])


def _ledger(head: Head | None) -> str:
    if head is None:
        return "ledger empty"
    return f"ledger {number(head.seq, 'entry', 'entries')}, proven by: orchestrate audit verify"


def _iso(time: datetime | None) -> str:
    return iso(time) if time else ""


def _cell(text: str | None) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""
