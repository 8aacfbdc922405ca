"""Every sequence of a run is a line of a table: how its steps behave -> what happened."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus, Event
from state.errors import ConflictError
from state.journal import RunRecord
from state.store import Store
from workflows.model.errors import WorkflowError
from workflows.model.step import Context, Done, LedgerNote, Outcome, PauseRequested, Probe, StepDefaults, Waiting

SITE = "test"


class World:
    """What steps act on: a set of names, and how each step behaves next."""

    def __init__(self, script: str) -> None:
        self.behaviour = {name: list(rest) for name, _, rest in (word.partition(":") for word in script.split())}
        self.there: list[str] = []
        self.log: list[str] = []


class FakeStep(StepDefaults):
    """Behaves as its script says, a letter an attempt: ok, fail, wait, pause, u = fail on undo, crash after the effect, skip."""

    def __init__(self, name: str, world: World) -> None:
        self.name = self.title = name
        self._world = world

    def wanted(self, ctx: Context) -> bool:
        if "s" not in self._world.behaviour[self.name]:
            return True
        self._world.behaviour[self.name].remove("s")
        return False

    def prepare(self, ctx: Context) -> dict[str, Any]:
        self._world.log.append(f"prepare {self.name}")
        return {"before": list(self._world.there)}

    def probe(self, ctx: Context) -> Probe:
        return Probe.COMPLETE if self.name in self._world.there else Probe.NOT_STARTED

    def do(self, ctx: Context) -> Outcome:
        script = self._world.behaviour[self.name]
        letter = script.pop(0) if script else "o"
        self._world.log.append(f"do {self.name}")
        if letter == "f":
            raise WorkflowError(f"cannot {self.name}", key="made-to-fail")
        if letter == "w":
            return Waiting("the gate", again_in=0.0)
        if letter == "p":
            raise PauseRequested
        self._world.there.append(self.name)
        if letter == "c":
            raise KeyboardInterrupt
        return Done(self.name, {"made": self.name}, [LedgerNote("made", self.name)])

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        self._world.log.append(f"undo {self.name}")
        if "u" in self._world.behaviour[self.name]:
            self._world.behaviour[self.name].remove("u")
            raise WorkflowError(f"cannot undo {self.name}", key="undo-fails")
        self._world.there[:] = ctx.intent.get("before", self._world.there)
        return [LedgerNote("unmade", self.name)]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "state.db", tool_version="0.1.0") as opened:
        yield opened


def begin(store: Store, world: World) -> RunRecord:
    return store.journal.create(
        run_id="TEST", site=SITE, workflow="fake", plan={}, options={}, actor={}, reason=None, tool_version="0.1.0",
        steps=[(name, name) for name in world.behaviour],
    )  # fmt: skip


def engine(store: Store, world: World, record: RunRecord, **options: Any) -> tuple[Engine, list[str]]:
    seen: list[str] = []
    bus = Bus()
    bus.subscribe(lambda event: seen.append(told(event)))
    steps = [FakeStep(name, world) for name in world.behaviour]
    return Engine(record, steps, host=None, journal=store.journal, ledger=store.ledger(SITE), bus=bus, **options), seen


def told(event: Event) -> str:
    return f"{event.step}:{event.kind.removeprefix('step-')}" if event.step else event.kind.removeprefix("run-")


@pytest.mark.parametrize(
    ("script", "happened", "state"),
    [
        ("a b", "started a:started a:done b:started b:done completed", "completed"),
        ("a:f b", "started a:started a:failed a:run-failed", "failed"),
        ("a b:wwo", "started a:started a:done b:started b:waiting b:gate-opened b:done completed", "completed"),
        ("a b:p c", "started a:started a:done b:started paused", "paused"),
        ("a b:s c", "started a:started a:done b:skipped c:started c:done completed", "completed"),
        ("a b:s", "started a:started a:done b:skipped completed", "completed"),
        ("a:s b", "started a:skipped b:started b:done completed", "completed"),
    ],
)
def test_a_run_tells_what_happened(store: Store, script: str, happened: str, state: str) -> None:
    world = World(script)
    runner, seen = engine(store, world, begin(store, world))
    record = runner.run()
    assert " ".join(seen) == happened
    assert record.state == state
    assert store.journal.load("TEST") == record, "what the engine holds is what was persisted"


@pytest.mark.parametrize("script", ["a:f b", "a b:ff c", "a b:p c", "a:c b", "a b:c c", "a b c:c", "a:wp b"])
def test_a_run_that_was_stopped_anywhere_resumes_to_the_same_end(store: Store, script: str) -> None:
    world = World(script)
    begin(store, world)
    for _ in range(6):
        runner, _ = engine(store, world, store.journal.load("TEST"))
        try:
            record = runner.run()
        except KeyboardInterrupt:
            continue
        if record.state == "completed":
            break
    assert record.state == "completed"
    assert world.there == list(world.behaviour), "every effect is there once, in order"
    assert store.ledger(SITE).verify().problem is None


def test_a_step_found_complete_after_a_crash_is_observed_not_done_again(store: Store) -> None:
    world = World("a b:c c")
    runner, _ = engine(store, world, begin(store, world))
    with pytest.raises(KeyboardInterrupt):
        runner.run()
    runner, _ = engine(store, world, store.journal.load("TEST"))
    assert runner.run().state == "completed"
    assert world.log.count("do b") == 1


def test_prepare_is_asked_once_however_often_a_step_is_tried(store: Store) -> None:
    world = World("a:fffo")
    record = begin(store, world)
    for _ in range(4):
        record = engine(store, world, store.journal.load("TEST"))[0].run()
    assert record.state == "completed"
    assert world.log.count("prepare a") == 1
    assert record.step("a").attempt == 4


def test_the_first_error_stays_the_headline_until_the_step_is_done(store: Store) -> None:
    world = World("a b:fo")
    record = engine(store, world, begin(store, world))[0].run()
    assert record.headline is not None
    assert (record.headline["key"], record.headline["step"]) == ("made-to-fail", "b")
    assert engine(store, world, record)[0].run().headline is None


def test_undo_takes_back_every_begun_step_last_first(store: Store) -> None:
    world = World("a b c:f d")
    runner, seen = engine(store, world, begin(store, world))
    runner.run()
    seen.clear()
    record = runner.undo()
    assert [word for word in seen if word.endswith("undone")] == ["c:undone", "b:undone", "a:undone", "undone"]
    assert record.state == "undone"
    assert world.there == []
    kinds = [entry.kind for entry in store.ledger(SITE).entries()]
    assert kinds.count("unmade") == 3
    assert kinds[-1] == "run-undone"


def test_a_skipped_step_is_never_begun_and_nothing_of_it_is_taken_back(store: Store) -> None:
    world = World("a b:s c:f")
    runner, _ = engine(store, world, begin(store, world))
    record = runner.run()
    assert (record.step("b").state, record.step("b").attempt, record.step("b").summary) == ("skipped", 0, "not wanted here")
    assert runner.undo().state == "undone"
    assert world.log == ["prepare a", "do a", "prepare c", "do c", "undo c", "undo a"]


def test_a_step_that_was_begun_is_gone_on_with_whatever_its_guard_says_then(store: Store) -> None:
    world = World("a b:p c")
    record = engine(store, world, begin(store, world))[0].run()
    world.behaviour["b"].append("s")
    assert engine(store, world, record)[0].run().step("b").state == "done"


def test_an_undo_that_fails_is_itself_resumable_and_keeps_the_first_headline(store: Store) -> None:
    world = World("a:ou b c:f")
    runner, _ = engine(store, world, begin(store, world))
    runner.run()
    record = runner.undo()
    assert record.state == "undo-failed"
    assert record.headline is not None
    assert record.headline["key"] == "made-to-fail"
    world.log.clear()
    record = engine(store, world, store.journal.load("TEST"))[0].run()
    assert record.state == "undone", "resume goes on backwards"
    assert world.there == []
    assert world.log == ["undo a"]


def test_a_run_whose_undo_had_failed_under_0_1_0_never_goes_forward_again(store: Store) -> None:
    world = World("a:ou b c:f")
    runner, _ = engine(store, world, begin(store, world))
    runner.run()
    record = store.journal.change(runner.undo(), state="failed")  # as 0.1.0 called it
    world.log.clear()
    assert engine(store, world, record)[0].run().state == "undone"
    assert world.log == ["undo a"]


def test_a_gate_left_shut_leaves_the_run_waiting_and_resumable(store: Store) -> None:
    world = World("a:wwo b")
    begin(store, world)
    record = engine_with_slow_gate(store, world)
    assert record.state == "waiting"
    assert engine(store, world, store.journal.load("TEST"))[0].run().state == "completed"


def engine_with_slow_gate(store: Store, world: World) -> RunRecord:
    runner, _ = engine(store, world, store.journal.load("TEST"), wait=0.0)
    step = runner._steps["a"]
    step.do = lambda ctx: Waiting("the gate", again_in=60.0)
    return runner.run()


def test_a_pause_asked_from_elsewhere_is_taken_between_steps(store: Store) -> None:
    world = World("a b")
    record = begin(store, world)
    store.journal.request("TEST", "pause")
    record = engine(store, world, record)[0].run()
    assert record.state == "paused"
    assert store.journal.requested("TEST") is None
    assert engine(store, world, record)[0].run().state == "completed"


def test_an_abort_asked_from_elsewhere_takes_the_run_back(store: Store) -> None:
    world = World("a b:p c")
    record = engine(store, world, begin(store, world))[0].run()
    store.journal.request("TEST", "abort")
    assert engine(store, world, record)[0].run().state == "undone"


@pytest.mark.parametrize("cut", ["o", "p", "c", "f"])
@pytest.mark.parametrize("newer", ["a new b c", "a b c new", "new a b c"])
def test_a_newer_tool_with_one_more_step_goes_on_with_an_older_run_by_its_own_steps(store: Store, newer: str, cut: str) -> None:
    world = World(f"a b:{cut}o c")
    begin(store, world)
    if cut != "o":
        _cut_off(store, world)
    world.behaviour = {name: world.behaviour.get(name, []) for name in newer.split()}
    record = engine(store, world, store.journal.load("TEST"))[0].run()
    assert record.state == "completed"
    assert [step.name for step in record.steps] == ["a", "b", "c"]
    assert not [line for line in world.log if line.endswith(" new")]
    assert world.there == ["a", "b", "c"]


def test_a_newer_tool_with_one_more_step_takes_an_older_run_back(store: Store) -> None:
    world = World("a b:p c")
    _cut_off(store, world, begin(store, world))
    world.behaviour = {"a": [], "new": [], "b": [], "c": []}
    assert engine(store, world, store.journal.load("TEST"))[0].undo().state == "undone"
    assert world.there == []


@pytest.mark.parametrize("newer", ["a c", "a b-renamed c"])
@pytest.mark.parametrize("cut", ["p", "c", "f"])
def test_a_tool_without_a_step_of_the_run_refuses_it_and_changes_nothing(store: Store, newer: str, cut: str) -> None:
    world = World(f"a b:{cut} c")
    _cut_off(store, world, begin(store, world))
    before, events = store.journal.load("TEST"), store.journal.events("TEST")
    world.behaviour = {name: [] for name in newer.split()}
    with pytest.raises(WorkflowError, match="b") as raised:
        engine(store, world, before)
    assert (raised.value.error_key, bool(raised.value.next), bool(raised.value.unharmed)) == ("step-unknown", True, True)
    assert (store.journal.load("TEST"), store.journal.events("TEST")) == (before, events)


def _cut_off(store: Store, world: World, record: RunRecord | None = None) -> None:
    """Run until it fails, pauses or crashes."""
    with contextlib.suppress(KeyboardInterrupt):
        engine(store, world, record or store.journal.load("TEST"))[0].run()


@pytest.mark.parametrize("letter", ["p", "c", "f"])
def test_an_abort_takes_back_the_step_that_was_paused_cut_off_or_failed_in_its_middle(store: Store, letter: str) -> None:
    world = World(f"a b:{letter} c")
    _cut_off(store, world, begin(store, world))
    world.there.append("half of b")
    world.log.clear()
    assert engine(store, world, store.journal.load("TEST"))[0].undo().state == "undone"
    assert world.log == ["undo b", "undo a"]
    assert world.there == []


def test_an_error_of_the_system_in_an_undo_is_a_failure_of_that_undo(store: Store) -> None:
    world = World("a b:f")
    runner, _ = engine(store, world, begin(store, world))
    runner.run()

    def no_space(ctx: Context) -> Sequence[LedgerNote]:
        raise OSError(errno.ENOSPC, "No space left on device")

    runner._steps["a"].undo = no_space  # type: ignore[method-assign]
    record = runner.undo()
    assert (record.state, record.step("a").state, record.step("b").state) == ("undo-failed", "undoing", "undone")
    (failed,) = [event for event in store.journal.events("TEST") if event.kind == "step-failed" and event.step == "a"]
    assert failed.data["key"] == "disk-full"
    assert engine(store, world, store.journal.load("TEST"))[0].run().state == "undone"


@pytest.mark.parametrize("what", ["pause", "abort"])
def test_a_request_is_forgotten_once_it_was_followed(store: Store, what: str) -> None:
    world = World("a b")
    record = begin(store, world)
    store.journal.request("TEST", what)
    record = engine(store, world, record)[0].run()
    assert store.journal.requested("TEST") is None
    assert record.state == {"pause": "paused", "abort": "undone"}[what]


@pytest.mark.parametrize(("letter", "after"), [("c", "crash"), ("p", "paused"), ("f", "failed")])
def test_every_resume_stands_in_the_ledger_and_says_after_what(store: Store, letter: str, after: str) -> None:
    world = World(f"a b:{letter}o")
    _cut_off(store, world, begin(store, world))
    assert engine(store, world, store.journal.load("TEST"))[0].run().state == "completed"
    assert [entry.kind for entry in store.ledger(SITE).entries()].count("run-resumed") == 1
    (resumed,) = [event for event in store.journal.events("TEST") if event.kind == "run-resumed"]
    assert resumed.data["after"] == after


def test_the_error_of_an_earlier_attempt_is_gone_once_the_step_is_tried_again(store: Store) -> None:
    world = World("a:fp b")
    record = engine(store, world, begin(store, world))[0].run()
    assert record.step("a").error is not None
    record = engine(store, world, record)[0].run()
    assert (record.state, record.step("a").state, record.step("a").error) == ("paused", "doing", None)


def test_an_abort_asked_for_at_a_shut_gate_takes_the_run_back_at_once(store: Store) -> None:
    world = World("a b:w c")
    record = begin(store, world)
    runner, seen = engine(store, world, record)
    runner._steps["b"].do = _shut_gate(store)
    record = runner.run()
    assert (record.state, world.there) == ("undone", [])
    assert "paused" not in seen


def _shut_gate(store: Store) -> Callable[[Context], Outcome]:
    def shut(ctx: Context) -> Outcome:
        store.journal.request("TEST", "abort")
        return Waiting("the gate", again_in=60.0)

    return shut


def test_two_processes_cannot_both_move_a_run(store: Store) -> None:
    world = World("a b")
    stale = begin(store, world)
    engine(store, world, stale)[0].run()
    with pytest.raises(ConflictError) as raised:
        engine(store, world, stale)[0].run()
    assert raised.value.key == "journal-conflict"


CRASHING = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_engine import *
folder = Path(sys.argv[1])
class FileWorld(World):
    def __init__(self):
        super().__init__("a b c")
        self.there = FileList(folder / "world")
class FileList(list):
    def __init__(self, file):
        self.file = file
        super().__init__(file.read_text().split() if file.exists() else [])
    def append(self, name):
        super().append(name)
        self.file.write_text(" ".join(self))
with Store.open(folder / "state.db", tool_version="0.1.0") as store:
    world = FileWorld()
    try:
        record = store.journal.load("TEST")
    except Exception:
        record = begin(store, world)
    assert engine(store, world, record)[0].run().state == "completed"
"""


@pytest.mark.crash
def test_killed_at_every_commit_a_run_resumes_to_the_same_end(tmp_path: Path) -> None:
    code = CRASHING.format(tests=str(Path(__file__).parent))

    def run(folder: Path, **env: str) -> int:
        folder.mkdir(exist_ok=True)
        return subprocess.run([sys.executable, "-c", code, folder], env={**os.environ, **env}, check=False).returncode

    log = tmp_path / "places"
    assert run(tmp_path / "whole", ORCHESTRATE_FAULT_LOG=str(log)) == 0
    places = log.read_text().split().count("commit")
    assert places >= 14
    for number in range(1, places + 1):
        folder = tmp_path / f"cut{number}"
        assert run(folder, ORCHESTRATE_FAULT=f"commit:{number}") == -9
        assert run(folder) == 0
        assert (folder / "world").read_text() == "a b c", f"cut at commit place {number}"
