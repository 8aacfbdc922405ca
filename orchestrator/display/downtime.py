"""Since when mail is down, told by the steps that stop and start it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from workflows.model.parts import starts_mail, stops_mail

if TYPE_CHECKING:
    from orchestrator.views.runs import Step
    from state.journal import StepRecord


def down_since(steps: Iterable[Step | StepRecord]) -> datetime | None:
    """When a run that has not ended stopped mail; None when mail runs."""
    since = None
    for step in steps:
        if step.state in {"done", "undoing"} and stops_mail(step.name):
            since = since or step.ended
        elif step.state == "done" and starts_mail(step.name):
            since = None
    return since
