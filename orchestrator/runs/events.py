"""Everything that happens in a run is an event; journal, displays and whoever else wants to know subscribe to them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Kind(enum.StrEnum):
    """What can happen. Only STEP_PROGRESS is not persisted."""

    RUN_CREATED = "run-created"
    RUN_STARTED = "run-started"
    RUN_RESUMED = "run-resumed"
    STEP_STARTED = "step-started"  # attempt
    STEP_PROGRESS = "step-progress"  # message, done, total
    STEP_WAITING = "step-waiting"  # reason
    GATE_OPENED = "gate-opened"
    STEP_DONE = "step-done"  # summary, seconds
    STEP_FAILED = "step-failed"  # WorkflowError.as_dict()
    STEP_SKIPPED = "step-skipped"
    STEP_UNDOING = "step-undoing"
    STEP_UNDONE = "step-undone"
    NOTE = "note"  # message and facts of its own
    RUN_PAUSED = "run-paused"
    RUN_FAILED = "run-failed"
    RUN_COMPLETED = "run-completed"
    RUN_UNDOING = "run-undoing"
    RUN_UNDONE = "run-undone"


@dataclass(frozen=True)
class Event:
    """Something that happened at `time` (aware UTC) in a run, in one of its steps unless `step` is None.

    kind: a Kind; an event written by a newer version of this tool may have another, which displays show as it is.
    data: JSON; what each kind carries stands beside it above.
    """

    time: datetime
    run: str
    kind: str
    step: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Subscriber = Callable[[Event], None]


class Bus:
    """Tells every subscriber of every event, in the order they came, before `publish` returns."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self._subscribers = list(subscribers)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell this one too from now on; it raises nothing, or the run fails with it."""
        self._subscribers.append(subscriber)

    def publish(self, event: Event) -> None:
        """Tell all of an event."""
        for subscriber in self._subscribers:
            subscriber(event)
