"""What the journal hands out and takes in: plain, frozen values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal


class Unset(enum.Enum):
    """The type of UNSET."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET  # leave the value as it is, where None is a value of its own
Keep = Literal[Unset.UNSET]


@dataclass(frozen=True)
class StepRecord:
    """A step of a run as remembered. position: 0-based. attempt: 0 before the first. seconds: of the last attempt."""

    name: str
    title: str
    position: int
    state: str = "pending"
    attempt: int = 0
    intent: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class RunRecord:
    """A run as remembered. position: the name of the step it stands at. revision: counts its changes."""

    id: str
    site: str
    workflow: str
    state: str
    position: str | None
    plan: Mapping[str, Any]
    options: Mapping[str, Any]
    actor: Mapping[str, Any]
    reason: str | None
    tool_version: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    headline: Mapping[str, Any] | None
    revision: int
    steps: tuple[StepRecord, ...] = ()

    def step(self, name: str) -> StepRecord:
        """The step of that name.

        Raises:
            KeyError: the run has none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


@dataclass(frozen=True)
class EventRecord:
    """Something that happened in a run. seq: rises over all runs of the store."""

    seq: int
    run: str
    step: str | None
    time: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class EventDraft:
    """An event to be written."""

    kind: str
    step: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepChange:
    """What becomes of a step that stands in state `expect`; None, and UNSET for the error, leaves a value as it is."""

    name: str
    expect: str
    state: str | None = None
    attempt: int | None = None
    intent: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] | None = None
    summary: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None
    error: Mapping[str, Any] | Keep | None = UNSET
