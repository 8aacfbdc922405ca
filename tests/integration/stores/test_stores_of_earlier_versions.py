"""A store that a released version wrote opens under this one: its runs are known, driven and taken back, its ledger is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.display.pages import runs as page
from orchestrator.plans.rollback import completed
from orchestrator.plans.workflows import plan_from_json, steps_of
from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus
from orchestrator.runs.site import Site
from orchestrator.runs.watch import events_of
from orchestrator.settings import Settings
from orchestrator.tool import TOOL_VERSION
from orchestrator.views.runs import Run
from state.journal import RunRecord
from state.store import Store
from workflows.host.home import KeptFolders
from workflows.model.machine import RunState
from workflows.model.moves import RollbackPlan

STORES = Path(__file__).parents[2] / "stores"
SITE = "openemm"


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with closing(sqlite3.connect(tmp_path / "state.db")) as made:
        made.executescript(request.param.read_text(encoding="utf-8"))
    with Store.open(tmp_path / "state.db", tool_version=TOOL_VERSION) as store:
        yield store


def written(name: str) -> pytest.MarkDecorator:
    """The stores of that name, of every released version."""
    files = sorted(STORES.glob(f"*/{name}.sql"))
    assert files
    return pytest.mark.parametrize("opened", files, ids=lambda file: file.parent.name, indirect=True)


def engine_of(store: Store, record: RunRecord) -> Engine:
    """The engine that would go on with it; it has no host, so that no step can act."""
    steps = steps_of(record.workflow, plan_from_json(record.workflow, record.plan))
    ledger = store.ledger(SITE)
    return Engine(record, steps, host=None, journal=store.journal, ledger=ledger, bus=Bus())  # type: ignore[arg-type]


@written("*")
def test_every_run_is_shown_and_its_ledger_is_sound(opened: Store, tmp_path: Path) -> None:
    runs = [opened.journal.load(run.id) for run in opened.journal.runs(SITE)]
    assert runs
    for run in runs:
        plan = plan_from_json(run.workflow, run.plan)
        assert (plan.source, plan.target) == (run.plan["source"], run.plan["target"])
        log = page.lines(Run.of(run), events_of(Site(Settings(name=SITE, state=tmp_path), opened), run.id))
        assert any(run.id in line for line in log)
    genesis = next(iter(opened.ledger(SITE).entries(kind="genesis")))
    check = opened.ledger(SITE, machine_id=genesis.evidence["machine_id"]).verify()  # it is of another machine
    assert (check.problem, check.entries > 0) == (None, True)


@written("*")
def test_every_step_of_every_run_is_known(opened: Store) -> None:
    for run in opened.journal.runs(SITE):
        record = opened.journal.load(run.id)
        assert engine_of(opened, record).record == record


@written("half-done")
def test_the_run_that_was_cut_off_stands_where_it_was_cut_off_with_all_its_statements(opened: Store) -> None:
    record = opened.journal.open_run(SITE, {"completed", "undone"})
    assert record is not None
    assert (record.state, record.position, record.step("hop1.database").state) == (RunState.RUNNING, "hop1.database", "doing")
    assert record.step("hop1.backup").facts["backup"]
    assert opened.journal.statements(record.id, "hop1.database").records()
    assert engine_of(opened, record)._machine.state == "hop1.database"


@written("ended")
@pytest.mark.parametrize(
    ("attempt", "intent", "comes_back"), [(0, {}, True), (1, {"mark": [1, 1]}, False), (2, {"lacking": ["emm-plugins"]}, True)]
)
def test_a_rollback_brings_folders_back_unless_the_version_that_knew_of_none_began_the_start(
    opened: Store, attempt: int, intent: dict[str, Any], comes_back: bool
) -> None:
    record = opened.journal.load(next(run.id for run in opened.journal.runs(SITE) if run.workflow == "rollback"))
    steps = [replace(step, attempt=attempt, intent=intent) if step.name == "rollback.start" else step for step in record.steps]
    plan = plan_from_json(record.workflow, record.plan)
    assert isinstance(plan, RollbackPlan)
    assert plan.point
    kept = [KeptFolders(name, plan.point.taken + timedelta(days=day), ("emm-plugins",)) for name, day in (("A", -1), ("B", 1))]
    site: Any = SimpleNamespace(host=SimpleNamespace(home=SimpleNamespace(kept_folders=lambda: kept)))
    assert completed(site, plan, replace(record, steps=tuple(steps))).folders == (("B",) if comes_back else ())
