"""Runs and their steps, as they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from orchestrator.views.document import Count, Says, optional
from orchestrator.views.events import EventLine
from workflows.model.machine import RunState, StepState

if TYPE_CHECKING:
    from state.journal import RunRecord, StepRecord

# The words are those of the machine; a store that a newer version wrote may hold others, which are shown as they are.
RunWord = Annotated[str, Says(enum=[str(state) for state in RunState])]
StepWord = Annotated[str, Says(enum=[str(state) for state in StepState])]
Drawn = Literal["upgrade", "restart", "switch", "rollback", "mta-switch", "restore", "convert", "install"]
EndsOf = Literal[
    "orchestrate.abort/1", "orchestrate.backup-restore/1", "orchestrate.convert/1", "orchestrate.install/1",
    "orchestrate.mta-switch/1", "orchestrate.restart/1", "orchestrate.resume/1", "orchestrate.rollback/1",
    "orchestrate.switch/1", "orchestrate.upgrade/1", "orchestrate.watch/1",
]  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """What stopped a run or a step."""

    key: str
    """Stable, kebab-case."""
    message: str
    command: str | None
    detail: tuple[str, ...]
    unharmed: tuple[str, ...]
    next: tuple[str, ...]
    """Commands to run next."""
    step: str | None = optional()

    @classmethod
    def of(cls, error: Mapping[str, Any] | None) -> Failure | None:
        """The error that is remembered, if one is."""
        if not error:
            return None
        return cls(
            error.get("key", "failed"), error.get("message", "failed"), error.get("command"), tuple(error.get("detail", ())),
            tuple(error.get("unharmed", ())), tuple(error.get("next", ())), error.get("step"),
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A step of a run."""

    name: str
    title: str
    state: StepWord
    attempt: Count
    summary: str
    started: datetime | None
    ended: datetime | None
    seconds: float | None
    """Of the last attempt."""
    error: Failure | None

    @classmethod
    def of(cls, step: StepRecord) -> Step:
        """The step as it is told."""
        return cls(
            step.name, step.title, step.state, step.attempt, step.summary, step.started, step.ended, step.seconds,
            Failure.of(step.error),
        )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run. In a list its steps are left out."""

    id: str
    site: str
    workflow: str
    state: RunWord
    position: str | None
    """The step it stands at."""
    source: str | None
    target: str | None
    reason: str | None
    actor: Mapping[str, Any]
    tool_version: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    headline: Failure | None
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, run: RunRecord) -> Run:
        """The run as it is told."""
        return cls(
            run.id, run.site, run.workflow, run.state, run.position, run.plan.get("source"), run.plan.get("target"), run.reason,
            run.actor, run.tool_version, run.created, run.started, run.ended, Failure.of(run.headline),
            tuple(map(Step.of, run.steps)),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Runs:
    """All runs of a site, newest first."""

    schema: Literal["orchestrate.runs/1"] = "orchestrate.runs/1"
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class OneRun:
    """One run, step by step."""

    schema: Literal["orchestrate.run/1"] = "orchestrate.run/1"
    run: Run
    events: tuple[EventLine, ...] | None = optional()
    """With --log."""


@dataclass(frozen=True, kw_only=True)
class RunEnds:
    """How a command ends that drove or followed a run; its events come before, a line each."""

    schema: EndsOf
    changed: bool
    """False when there was nothing to do, and for watch."""
    downtime: float | None = None
    """Seconds that mail was down; null while that is not known."""
    run: Run | None = None
    """Null when there was nothing to do."""


@dataclass(frozen=True, kw_only=True)
class Paused:
    """A run that was asked to pause."""

    schema: Literal["orchestrate.pause/1"] = "orchestrate.pause/1"
    changed: bool
    run: str
    """The id of the run that will pause."""


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What a run had kept for a way back, and is gone now."""

    schema: Literal["orchestrate.runs-forget/1"] = "orchestrate.runs-forget/1"
    changed: bool
    """False when there was nothing to do."""
    dropped: tuple[str, ...]
    """Databases."""


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A command with --diagram: the machine of the run that it would begin."""

    schema: Literal["orchestrate.diagram/1"] = "orchestrate.diagram/1"
    changed: Literal[False] = False
    workflow: Drawn
    diagram: str
    """Mermaid."""
