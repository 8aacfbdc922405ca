"""The step that makes and proves the restore point of a hop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from workflows.host.application import AppState
from workflows.host.backups import Backup, Progress
from workflows.model.errors import WorkflowError
from workflows.model.plans import Hop, LineRules, Release
from workflows.model.step import Context, Probe
from workflows.steps.database.backup import BackUpDatabase, _size

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOP = Hop(1, "19.10.000.170", Release("20.04.000.200", ()), LineRules("20.04"), final=False)


class FakeBackups:
    """Backups in memory."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.made: dict[str, Backup] = {}

    def create(
        self, backup: str, release: str, *, quiesced: bool, checkpoint: Mapping[str, object], progress: Progress
    ) -> Backup:
        self.calls.append(f"create {backup} {release} quiesced={quiesced} checkpoint={dict(checkpoint)}")
        progress(10, None)
        self.made.setdefault(
            backup,
            Backup(id=backup, path="/b", size=1_234_567_890, sha256="ab" * 32, created=NOW, release=release,
                   versions=frozenset({"19.10.002"}), rows={"a_tbl": 2, "b_tbl": 3}, server="10.11", seconds=1.5),
        )  # fmt: skip
        return self.made[backup]

    def verify(self, backup: str, progress: Progress) -> Backup:
        self.calls.append(f"verify {backup}")
        progress(10, 10)
        self.made[backup] = replace(self.made[backup], verified=NOW, proof={"server": "10.11", "seconds": 2.0})
        return self.made[backup]

    def find(self, backup: str) -> Backup | None:
        return self.made.get(backup)


@pytest.fixture
def backups() -> FakeBackups:
    return FakeBackups()


@pytest.fixture
def ctx(backups: FakeBackups) -> Any:
    reports: list[Any] = []
    application = SimpleNamespace(state=lambda: AppState(frontend=False, backend=False))
    database = SimpleNamespace(schema=lambda: {"a_tbl": ["id"]})
    return SimpleNamespace(
        host=SimpleNamespace(backups=backups, database=database, application=application), run="7K3Q", checkpoint={"seq": 4},
        reports=reports, intent={"backup": "7K3Q-hop1"}, report=lambda *what: reports.append(what), pause_point=lambda: None,
        attempt=1, note=lambda *what, **facts: reports.append(what),
    )  # fmt: skip


def step_and(ctx: Any) -> tuple[BackUpDatabase, Context]:
    return BackUpDatabase(HOP), ctx


def test_the_id_is_of_this_run_and_hop(ctx: Any) -> None:
    step, context = step_and(ctx)
    assert (step.name, step.title) == ("hop1.backup", "hop 1 backup")
    assert step.prepare(context) == {"backup": "7K3Q-hop1"}


def test_a_dump_is_made_and_proven_and_both_are_told_to_the_ledger(ctx: Any, backups: FakeBackups) -> None:
    step, context = step_and(ctx)
    done = step.do(context)
    assert backups.calls == ["create 7K3Q-hop1 19.10.000.170 quiesced=True checkpoint={'seq': 4}", "verify 7K3Q-hop1"]
    assert done.summary == "1.2 GB, restored and compared: 2 tables equal"
    assert done.facts == {"backup": "7K3Q-hop1", "sha256": "ab" * 32, "size": 1_234_567_890, "rows_total": 5, "seconds": 1.5}
    assert [(note.kind, note.to_version) for note in done.ledger] == [
        ("backup-created", "19.10.000.170"),
        ("backup-verified", "19.10.000.170"),
        ("schema-fingerprint", "19.10.000.170"),
    ]
    assert done.ledger[1].evidence["proof"]["versions"] == ["19.10.002"]
    assert ctx.reports == [("writing the dump", 10, None), ("restoring it into an empty server", 10, 10)]


def test_a_proven_dump_is_not_proven_again_after_a_crash(ctx: Any, backups: FakeBackups) -> None:
    step, context = step_and(ctx)
    first = step.do(context)
    backups.calls.clear()
    assert step.probe(context) is Probe.COMPLETE
    assert step.observed(context) == first
    assert step.do(context) == first
    assert [call.split()[0] for call in backups.calls] == ["create"]


def test_the_probe_looks_for_the_proof(ctx: Any, backups: FakeBackups) -> None:
    step, context = step_and(ctx)
    assert step.probe(context) is Probe.NOT_STARTED
    backups.create("7K3Q-hop1", "19.10", quiesced=True, checkpoint={}, progress=lambda done, total: None)
    assert step.probe(context) is Probe.PARTIAL


def test_a_backup_that_is_gone_is_told(ctx: Any) -> None:
    step, context = step_and(ctx)
    with pytest.raises(WorkflowError) as caught:
        step.observed(context)
    assert caught.value.error_key == "backup-not-found"


def test_undo_keeps_the_backup_and_says_so(ctx: Any, backups: FakeBackups) -> None:
    step, context = step_and(ctx)
    step.do(context)
    ctx.reports.clear()
    assert step.undo(context) == ()
    assert ctx.reports == [("backup 7K3Q-hop1 is kept",)]
    assert backups.find("7K3Q-hop1") is not None


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (812, "812 B"), (1234, "1.2 kB"), (41_000_000_000, "41 GB"), (9.9e12, "9.9 TB")]
)
def test_sizes_are_told_for_people(count: float, text: str) -> None:
    assert _size(count) == text


def test_a_dump_older_than_the_last_run_of_the_application_is_taken_anew(ctx: Any, backups: FakeBackups) -> None:
    step, context = step_and(ctx)
    step.do(context)
    stopped: list[str] = []
    ctx.host.application = SimpleNamespace(
        state=lambda: AppState(frontend=True, backend=False),
        stop_frontend=lambda tell: stopped.append("frontend"), stop_backend=lambda tell: None,
    )  # fmt: skip
    ctx.remember = lambda **facts: ctx.intent.update(facts)
    done = step.do(context)
    assert stopped == ["frontend"]
    assert done.facts["backup"] == "7K3Q-hop1-1"
