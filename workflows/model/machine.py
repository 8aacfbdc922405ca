"""The states of runs and steps, and each workflow as a machine of the `transitions` library. No I/O happens here.

A workflow's machine has its steps as states, each a second time for the way back, and the ends. What is persisted is the run's
state and, beside it, the position: the step that the run is at, forward or back, or, when it is waiting, paused or failed, the
step it goes on with.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from transitions import Machine, State


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
        state: the name of a step while it runs, "undo NAME" while that step is taken back, else the value of a RunState.
        position: the step it is at or goes on with; None before the start and at the end.
    """

    state: str

    def __init__(
        self,
        steps: Sequence[str],
        state: RunState = RunState.PLANNED,
        position: str | None = None,
        *,
        optional: Collection[str] = (),
        wanted: Callable[[str], bool] = lambda _step: True,
        begun: Callable[[str], bool] = lambda _step: True,
    ) -> None:
        """Restore the machine of a run from its own steps and where it stands.

        Args:
            steps: their names, in order.
            state: the run's.
            position: one of the steps, or None.
            optional: the steps that may be skipped.
            wanted: the guard of these: whether one is to be done.
            begun: the guard of the way back: whether there is anything to take back of a step.
        """
        self.steps = tuple(steps)
        self.position = position
        self._optional = frozenset(optional)
        self._wanted, self._begun = wanted, begun
        self._back = {undoing(step): step for step in self.steps}
        self._machine = Machine(
            self,
            states=[
                *self.steps,
                *self._back,
                *(s.value for s in RunState if s not in (RunState.RUNNING, RunState.UNDOING)),
            ],
            transitions=self.table(),
            initial=self._restored(state),
            auto_transitions=False,
            after_state_change=self._follow,
        )

    def _restored(self, state: RunState) -> str:
        if state is RunState.RUNNING and self.position:
            return self.position
        if state is RunState.UNDOING:
            return undoing(self.position or self.steps[-1])
        return state.value

    def table(self) -> list[dict[str, Any]]:
        """The transitions of this workflow."""
        first = self.steps[0]
        rows: list[dict[str, Any]] = [
            {"trigger": "start", "source": RunState.PLANNED.value, "dest": first},
            {"trigger": "undo", "source": RunState.PLANNED.value, "dest": undoing(first)},
            {"trigger": "pause", "source": RunState.WAITING.value, "dest": RunState.PAUSED.value},
        ]
        before = [RunState.UNDONE.value, *map(undoing, self.steps[:-1])]
        behind = [*self.steps[1:], RunState.COMPLETED.value]
        for step, earlier, following in zip(self.steps, before, behind, strict=True):
            rows += [*self._forward(step, following), *self._backward(step, earlier)]
        return rows

    def _forward(self, step: str, following: str) -> list[dict[str, Any]]:
        here = _guard("here", lambda: self.position == step)
        rows: list[dict[str, Any]] = [{"trigger": "step_done", "source": step, "dest": following}]
        if step in self._optional:
            wanted = _guard("wanted", lambda: self._wanted(step))
            rows.append({"trigger": "step_skipped", "source": step, "dest": following, "unless": wanted})
        return [
            *rows,
            {"trigger": "step_failed", "source": step, "dest": RunState.FAILED.value},
            {"trigger": "wait", "source": step, "dest": RunState.WAITING.value},
            {"trigger": "pause", "source": step, "dest": RunState.PAUSED.value},
            {"trigger": "undo", "source": step, "dest": undoing(step)},
            {"trigger": "gate_opened", "source": RunState.WAITING.value, "dest": step, "conditions": here},
            {"trigger": "resume", "source": [s.value for s in HALTED], "dest": step, "conditions": here},
            {"trigger": "undo", "source": [s.value for s in HALTED], "dest": undoing(step), "conditions": here},
        ]

    def _backward(self, step: str, earlier: str) -> list[dict[str, Any]]:
        here = _guard("here", lambda: self.position == step)
        begun = _guard("begun", lambda: self._begun(step))
        return [
            {"trigger": "step_undone", "source": undoing(step), "dest": earlier},
            {"trigger": "undo_skipped", "source": undoing(step), "dest": earlier, "unless": begun},
            {"trigger": "undo_failed", "source": undoing(step), "dest": RunState.UNDO_FAILED.value},
            {"trigger": "undo", "source": RunState.UNDO_FAILED.value, "dest": undoing(step), "conditions": here},
        ]

    @property
    def states(self) -> Sequence[str]:
        """The names of all its states."""
        return list(self._machine.states)

    @property
    def run_state(self) -> RunState:
        """What is persisted as the run's state."""
        if self.state in self._back:
            return RunState.UNDOING
        return RunState.RUNNING if self.state in self.steps else RunState(self.state)

    def fire(self, event: str) -> bool:
        """Let an event happen; False when a guard is against it.

        Raises:
            transitions.MachineError: the event cannot happen in this state; an internal error.
        """
        return bool(self.trigger(event))  # type: ignore[attr-defined]  # the library adds it

    def skips(self) -> bool:
        """Whether the step it is at is one that may be skipped, and its guard lets it be: then it is behind it."""
        return self.state in self._optional and self.fire("step_skipped")

    def _follow(self) -> None:
        if self.state in self.steps:
            self.position = self.state
        elif self.state in self._back:
            self.position = self._back[self.state]
        elif self.run_state in ENDED:
            self.position = None


def undoing(step: str) -> str:
    """The state in which a step is taken back."""
    return f"undo {step}"


def _guard(name: str, asks: Callable[[], bool]) -> Callable[[], bool]:
    """A guard under the name with which it is drawn."""
    asks.__name__ = name
    return asks


def diagram(title: str, steps: Sequence[str], optional: Collection[str] = ()) -> str:
    """A workflow drawn as Mermaid by the library itself: its steps, the guards that skip one, the ends and the way back."""
    from transitions.extensions import GraphMachine  # noqa: PLC0415 - only `--diagram` draws

    class Labelled(State):
        """A state that is drawn under its name, whatever its id."""

        def __init__(self, name: str, label: str, **more: Any) -> None:
            super().__init__(name, **more)
            self.label = label

    class Drawing(GraphMachine):
        """The library's own, with these states."""

        state_cls = Labelled

    workflow = WorkflowMachine(steps, optional=optional)
    model = type("Workflow", (), {})()
    Drawing(
        model,
        states=[{"name": _drawn(state), "label": state} for state in workflow.states],
        transitions=[{**row, "source": _drawn_all(row["source"]), "dest": _drawn(row["dest"])} for row in workflow.table()],
        initial=RunState.PLANNED.value,
        auto_transitions=False,
        show_conditions=True,
        graph_engine="mermaid",
        title=title,
    )
    return str(model.get_graph().source)


def _drawn(state: str) -> str:
    """A state's id in a drawing: Mermaid takes no dot, blank or hyphen there."""
    return re.sub(r"\W", "_", state)


def _drawn_all(source: str | list[str]) -> str | list[str]:
    return _drawn(source) if isinstance(source, str) else [_drawn(state) for state in source]
