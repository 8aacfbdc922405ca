"""A dump that its proof refuted is taken anew, once; and a run may be paused between a dump and its proof."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from test_backup_step import HOP, FakeBackups

from workflows.host.application import AppState
from workflows.host.backups import Backup, Progress
from workflows.model.errors import WorkflowError
from workflows.model.step import PauseRequested, Probe
from workflows.steps.database.backup import REFUTED, BackUpDatabase

STEP = BackUpDatabase(HOP)


class Refuting(FakeBackups):
    """Backups whose next proof fails with that key."""

    fails: str | None = None

    def verify(self, backup: str, progress: Progress) -> Backup:
        if key := self.fails:
            self.fails = None
            raise WorkflowError("it does not restore", key=key)
        return super().verify(backup, progress)


@pytest.fixture
def ctx() -> Any:
    application = SimpleNamespace(state=lambda: AppState(frontend=False, backend=False))
    database = SimpleNamespace(schema=lambda: {"a_tbl": ["id"]})
    made = SimpleNamespace(
        host=SimpleNamespace(backups=Refuting(), database=database, application=application), run="7K3Q", checkpoint={},
        intent={"backup": "7K3Q-hop1"}, report=lambda *what: None, pause_point=lambda: None, attempt=1,
    )  # fmt: skip
    made.remember = lambda **facts: made.intent.update(facts)
    return made


def calls(ctx: Any) -> list[str]:
    """Which backups were made or proven since the last call."""
    made = [" ".join(call.split()[:2]) for call in ctx.host.backups.calls]
    ctx.host.backups.calls.clear()
    return made


@pytest.mark.parametrize("key", [*REFUTED, "no-room"])
def test_a_dump_that_its_proof_refuted_is_taken_anew_by_the_next_attempt_alone(ctx: Any, key: str) -> None:
    ctx.host.backups.fails = key
    with pytest.raises(WorkflowError):
        STEP.do(ctx)
    assert calls(ctx) == ["create 7K3Q-hop1"]
    ctx.attempt = 2
    second = "7K3Q-hop1-2" if key in REFUTED else "7K3Q-hop1"
    assert STEP.do(ctx).facts["backup"] == second
    assert calls(ctx) == [f"create {second}", f"verify {second}"]
    ctx.attempt = 3
    assert STEP.do(ctx).facts["backup"] == second
    assert calls(ctx) == [f"create {second}"]


def test_a_pause_is_heard_between_the_dump_and_its_proof(ctx: Any) -> None:
    def pause() -> None:
        raise PauseRequested

    ctx.pause_point = pause
    with pytest.raises(PauseRequested):
        STEP.do(ctx)
    assert calls(ctx) == ["create 7K3Q-hop1"]


@pytest.mark.parametrize("runs", [{"frontend": True, "backend": False}, {"frontend": False, "backend": True}])
def test_a_proven_dump_is_complete_only_while_nothing_runs_that_could_write(ctx: Any, runs: dict[str, bool]) -> None:
    STEP.do(ctx)
    assert STEP.probe(ctx) is Probe.COMPLETE
    ctx.host.application.state = lambda: AppState(**runs)
    assert STEP.probe(ctx) is Probe.PARTIAL
