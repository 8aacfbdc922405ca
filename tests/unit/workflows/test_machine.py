"""The states of a run: what may follow what."""

from __future__ import annotations

import pytest
from transitions import MachineError

from workflows.machine import ENDED, RunState, WorkflowMachine, diagram


@pytest.mark.parametrize(
    ("events", "state", "position"),
    [
        ("", "planned", None),
        ("start", "running", "a"),
        ("start step_done step_skipped", "running", "c"),
        ("start step_done step_done step_done", "completed", None),
        ("start step_done step_failed", "failed", "b"),
        ("start step_done step_failed resume", "running", "b"),
        ("start wait", "waiting", "a"),
        ("start wait gate_opened", "running", "a"),
        ("start wait pause resume", "running", "a"),
        ("start step_done pause undo undo_done", "undone", None),
        ("start step_failed undo undo_failed", "undo-failed", "a"),
        ("start step_failed undo undo_failed undo", "undoing", "a"),
        ("undo undo_done", "undone", None),
    ],
)
def test_events_lead_to_states(events: str, state: str, position: str | None) -> None:
    machine = WorkflowMachine(["a", "b", "c"])
    for event in events.split():
        machine.fire(event)
    assert (machine.run_state, machine.position) == (state, position)
    again = WorkflowMachine(["a", "b", "c"], machine.run_state, machine.position)
    assert (again.state, again.position) == (machine.state, machine.position), "what is persisted restores the machine"


@pytest.mark.parametrize(
    "events",
    [
        "step_done",
        "start start",
        "start gate_opened",
        "start step_failed step_done",
        "undo undo_failed resume",
        "undo undo_failed start",
        "undo undo_failed step_done",
    ],
)
def test_an_event_out_of_place_is_refused(events: str) -> None:
    machine = WorkflowMachine(["a", "b"])
    *before, last = events.split()
    for event in before:
        machine.fire(event)
    with pytest.raises(MachineError):
        machine.fire(last)


@pytest.mark.parametrize("ended", sorted(ENDED))
def test_nothing_follows_an_end(ended: RunState) -> None:
    for event in ("start", "step_done", "resume", "undo", "pause", "wait"):
        with pytest.raises(MachineError):
            WorkflowMachine(["a"], ended).fire(event)


def test_it_draws_itself_as_mermaid() -> None:
    text = diagram(["fetch", "stage"])
    assert "stateDiagram-v2" in text
    assert "fetch --> stage: step_done" in text
