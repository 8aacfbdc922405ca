"""The states of runs and steps, and each workflow as a machine of the `transitions` library. No I/O happens here.

A workflow's machine has its steps and the ends as states. What is persisted is the run's state and, beside it, the
position: the step that the run is at or, when it is waiting, paused or failed, the step it goes on with.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from functools import partial
from typing import Any

from transitions import Machine


class RunState(enum.StrEnum):
    """Where a run stands (DESIGN 4)."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    FAILED = "failed"
    COMPLETED = "completed"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo-failed"  # taking it back was stopped in its middle; from here it only goes on backwards


class StepState(enum.StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    DOING = "doing"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDOING = "undoing"
    UNDONE = "undone"


ENDED = frozenset({RunState.COMPLETED, RunState.UNDONE})
HALTED = (RunState.WAITING, RunState.PAUSED, RunState.FAILED)


class WorkflowMachine:
    """A run of a workflow, driven by events alone: start, step_done, step_skipped, step_failed, wait, gate_opened, ...

    Attributes:
        state: the name of a step while it runs, else the value of a RunState.
        position: the step it is at or goes on with; None before the start and at the end.
    """

    state: str

    def __init__(self, steps: Sequence[str], state: RunState = RunState.PLANNED, position: str | None = None) -> None:
        """Restore the machine of a run from its own steps and where it stands, one of them."""
        self.steps = tuple(steps)
        self.position = position
        initial = position if state is RunState.RUNNING and position else state.value
        self._machine = Machine(
            self,
            states=[
                RunState.PLANNED.value,
                *self.steps,
                *(s.value for s in RunState if s not in (RunState.PLANNED, RunState.RUNNING)),
            ],
            transitions=self.table(),
            initial=initial,
            auto_transitions=False,
            after_state_change=self._follow,
        )

    def table(self) -> list[dict[str, Any]]:
        """The transitions of this workflow."""
        ends = [*self.steps[1:], RunState.COMPLETED.value]
        rows: list[dict[str, Any]] = [{"trigger": "start", "source": RunState.PLANNED.value, "dest": self.steps[0]}]
        for step, following in zip(self.steps, ends, strict=True):
            here = partial(self._is_at, step)
            rows += [
                {"trigger": "step_done", "source": step, "dest": following},
                {"trigger": "step_skipped", "source": step, "dest": following},
                {"trigger": "step_failed", "source": step, "dest": RunState.FAILED.value},
                {"trigger": "wait", "source": step, "dest": RunState.WAITING.value},
                {"trigger": "pause", "source": step, "dest": RunState.PAUSED.value},
                {"trigger": "undo", "source": step, "dest": RunState.UNDOING.value},
                {"trigger": "gate_opened", "source": RunState.WAITING.value, "dest": step, "conditions": here},
                {"trigger": "resume", "source": [s.value for s in HALTED], "dest": step, "conditions": here},
            ]
        rows += [
            {"trigger": "pause", "source": RunState.WAITING.value, "dest": RunState.PAUSED.value},
            {
                "trigger": "undo",
                "source": [s.value for s in (RunState.PLANNED, *HALTED, RunState.UNDO_FAILED)],
                "dest": RunState.UNDOING.value,
            },
            {"trigger": "undo_done", "source": RunState.UNDOING.value, "dest": RunState.UNDONE.value},
            {"trigger": "undo_failed", "source": RunState.UNDOING.value, "dest": RunState.UNDO_FAILED.value},
        ]
        return rows

    @property
    def run_state(self) -> RunState:
        """What is persisted as the run's state."""
        return RunState.RUNNING if self.state in self.steps else RunState(self.state)

    def fire(self, event: str) -> None:
        """Let an event happen.

        Raises:
            transitions.MachineError: the event cannot happen in this state; an internal error.
        """
        self.trigger(event)  # type: ignore[attr-defined]  # the library adds it

    def _is_at(self, step: str) -> bool:
        return self.position == step

    def _follow(self) -> None:
        if self.state in self.steps:
            self.position = self.state
        elif self.run_state in ENDED:
            self.position = None


def diagram(steps: Sequence[str]) -> str:
    """The workflow drawn as Mermaid, by the library itself."""
    from transitions.extensions import GraphMachine  # noqa: PLC0415 - only `plan --diagram` draws

    workflow = WorkflowMachine(steps)
    model = type("Workflow", (), {})()
    GraphMachine(
        model,
        states=list(workflow._machine.states),  # noqa: SLF001
        transitions=[{k: v for k, v in row.items() if k != "conditions"} for row in workflow.table()],
        initial=RunState.PLANNED.value,
        auto_transitions=False,
        graph_engine="mermaid",
    )
    return str(model.get_graph().source)
