"""Since when mail is down, told by the steps that stop and start it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.views.runs import Step
    from state.journal import StepRecord

_STOPS, _STARTS = ".stop", ".backend"


def stops(step: str) -> bool:
    """Whether mail is down when that step is done, and runs again when the first such step of a run is undone."""
    return step.endswith(_STOPS)


def starts(step: str) -> bool:
    """Whether mail runs again when that step is done."""
    return step.endswith(_STARTS)


def down_since(steps: Iterable[Step | StepRecord]) -> datetime | None:
    """When a run that has not ended stopped mail; None when mail runs."""
    since = None
    for step in steps:
        if step.state in {"done", "undoing"} and stops(step.name):
            since = since or step.ended
        elif step.state == "done" and starts(step.name):
            since = None
    return since
