"""Runs, and one run step by step."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.downtime import down_since
from orchestrator.display.pages.layout import WIDTH, flow, marked, paragraph, table
from orchestrator.display.sentences import failed, sentence
from orchestrator.display.words import duration, moment
from orchestrator.runs.events import Event

if TYPE_CHECKING:
    from orchestrator.views.runs import Failure, Run, Step

_ENDED = {"completed", "undone"}


def title(run: Run) -> str:
    """What the run is about: "19.10.000.170 -> 20.10.000.152", or its workflow."""
    return f"{run.source} -> {run.target}" if run.source and run.target and run.source != run.target else run.workflow


def list_lines(runs: Sequence[Run]) -> list[str]:
    """One line a run, newest first."""
    if not runs:
        return ["no run yet"]
    rows = [("run", "began (UTC)", "took", "state", "what")]
    rows += [(run.id, moment(run.created), _took(run), run.state, title(run)) for run in runs]
    return table(rows, indent=0)


def lines(run: Run, events: Sequence[Event] | None) -> list[str]:
    """The run's head, its steps, what went wrong, and with `events` everything it did."""
    by = run.actor.get("sudo_user") or run.actor.get("user") or run.actor.get("uid")
    page = [f"run {run.id}   {title(run)}   {marked(run.state)}"]
    page.append(f"  began {moment(run.created)} UTC by {by} with orchestrate {run.tool_version}")
    if run.reason:
        page += paragraph(f"reason: {run.reason}", 2)
    if down := _down(run):
        page.append(f"  {down}")
    rows = [
        (_word(step), step.title, "" if step.seconds is None else duration(step.seconds), _remark(step))
        for step in run.steps
        if step.state != "pending" or run.state not in _ENDED
    ]
    page += ["", *table(rows, right=(2,))]
    if run.headline and run.state not in _ENDED:
        page += ["", *paragraph(_failed(run.headline), 2), *next_lines(run)]
    if events is not None:
        page += ["", *(line for event in events for line in _logged(event))]
    return page


def ending_lines(run: Run, downtime: float | None = None) -> list[str]:
    """How a run stands when it is let go, and what comes next. downtime: seconds that mail was down, when known."""
    down = "" if downtime is None else f", down for {duration(downtime)}"
    said = {
        "completed": f"completed in {_took(run)}{down}",
        "undone": "undone; the host is as it was before",
        "paused": "paused safely",
        "waiting": "is left waiting",
        "failed": "stopped",
        "undo-failed": "stopped while it was taken back",
    }
    parts = [f"run {run.id}", title(run), said.get(run.state, run.state), _down(run)]
    return [*flow([part for part in parts if part], 0), *next_lines(run)]


def next_lines(run: Run) -> list[str]:
    """The commands that come next for a run, as lines."""
    return [f"  {'next' if n == 0 else '':<10}{line}" for n, line in enumerate(next_commands(run))]


def next_commands(run: Run) -> list[str]:
    """The commands that come next for a run, each with a remark."""
    going = f"orchestrate resume {run.id}"
    if run.state in _ENDED:
        following = [(f"orchestrate run {run.id} --log", "everything it did"), ("orchestrate history", "what was active when")]
    elif run.state == "running":
        following = [(f"orchestrate watch {run.id}", "follow it"), (f"orchestrate pause {run.id}", "stop it at a safe place")]
        following += [(going, "go on with it, when its process is gone")]
    elif run.state in {"undoing", "undo-failed"}:
        following = [(going, "go on with taking it back"), (f"orchestrate run {run.id} --log", "everything it did")]
    else:
        following = [(going, "go on with it"), (f"orchestrate abort {run.id}", "take back what it did")]
        following += [(f"orchestrate run {run.id} --log", "everything it did")]
    width = max(len(command) for command, _ in following)
    return [f"{command:<{width}}    {why}" for command, why in following]


def where(run: Run) -> str | None:
    """Where a failed run's first error happened: "run 7K3Q, hop 1 start, attempt 1"."""
    name = run.headline.step if run.headline else None
    step = next((step for step in run.steps if step.name == name), None)
    place = f"run {run.id}, {step.title}, attempt {step.attempt}" if step else f"run {run.id}"
    return "; ".join(part for part in (place, _down(run)) if part)


def _took(run: Run) -> str:
    if run.started is None or run.ended is None:
        return "-"
    return duration((run.ended - run.started).total_seconds())


def _down(run: Run) -> str:
    since = None if run.state in _ENDED else down_since(run.steps)
    return f"mail is down since {moment(since)} UTC" if since else ""


def _logged(event: Event) -> list[str]:
    """An event behind its time, on as many lines as it needs."""
    time = f"  {moment(event.time)}  "
    return textwrap.wrap(
        time + sentence(event), WIDTH, subsequent_indent=" " * (len(time) + 7), break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True,
    )  # fmt: skip


def _failed(failure: Failure) -> str:
    return failed(failure.message, failure.key)


def _word(step: Step) -> str:
    return {"pending": "todo", "skipped": "skips"}.get(step.state, step.state)


def _remark(step: Step) -> str:
    attempt = f"attempt {step.attempt}" if step.attempt > 1 else ""
    return "   ".join(part for part in (step.summary or (_failed(step.error) if step.error else ""), attempt) if part)
