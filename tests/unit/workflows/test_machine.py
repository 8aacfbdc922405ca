"""The states of a run: what may follow what."""

from __future__ import annotations

import pytest
from transitions import MachineError

from workflows.model.machine import ENDED, RunState, WorkflowMachine, diagram


@pytest.mark.parametrize(
    ("events", "state", "position"),
    [
        ("", "planned", None),
        ("start", "running", "a"),
        ("start step_done step_skipped", "running", "c"),
        ("start step_done step_skipped step_failed undo", "undoing", "c"),
        ("start step_done step_done step_done", "completed", None),
        ("start step_done step_failed", "failed", "b"),
        ("start step_done step_failed resume", "running", "b"),
        ("start wait", "waiting", "a"),
        ("start wait gate_opened", "running", "a"),
        ("start wait pause resume", "running", "a"),
        ("start step_done pause undo step_undone", "undoing", "a"),
        ("start step_done pause undo undo_skipped step_undone", "undone", None),
        ("start step_failed undo undo_failed", "undo-failed", "a"),
        ("start step_failed undo undo_failed undo", "undoing", "a"),
        ("undo", "undoing", "a"),
        ("undo undo_skipped", "undone", None),
    ],
)
def test_events_lead_to_states(events: str, state: str, position: str | None) -> None:
    machine = WorkflowMachine(["a", "b", "c"], optional=["b"], wanted=lambda _step: False, begun=lambda _step: False)
    for event in events.split():
        assert machine.fire(event)
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


def test_a_guard_keeps_a_step_that_is_wanted_and_a_way_back_that_was_begun() -> None:
    machine = WorkflowMachine(["a", "b"], optional=["b"], wanted=lambda step: step == "b", begun=lambda step: step == "a")
    machine.fire("start")
    assert not machine.skips(), "a may never be skipped"
    machine.fire("step_done")
    assert not machine.skips()
    assert machine.state == "b"
    machine.fire("undo")
    assert machine.fire("undo_skipped")
    assert not machine.fire("undo_skipped")
    assert (machine.run_state, machine.position) == (RunState.UNDOING, "a")


def test_a_run_that_0_1_0_left_in_its_way_back_begins_there_where_it_stood_forward() -> None:
    machine = WorkflowMachine(["a", "b", "c"], RunState.UNDOING, "b", begun=lambda step: step == "a")
    assert machine.fire("undo_skipped")
    assert machine.position == "a"


def test_it_draws_itself_as_mermaid_with_guards_and_the_way_back() -> None:
    text = diagram("upgrade", ["fetch", "hop1.wait-for-dispatch", "hop1.start"], ["hop1.start"])
    assert "stateDiagram-v2" in text
    assert 'state "hop1.wait-for-dispatch" as hop1_wait_for_dispatch' in text
    assert "fetch --> hop1_wait_for_dispatch: step_done" in text
    assert "hop1_start --> completed: step_done | step_skipped [!wanted]" in text
    assert "undo_hop1_start --> undo_hop1_wait_for_dispatch: step_undone | undo_skipped [!begun]" in text
    assert "undo_fetch --> undone: step_undone" in text
