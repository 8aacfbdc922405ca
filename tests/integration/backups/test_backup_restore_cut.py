"""A restore killed at any place it passes, then run again, ends as one that was never cut off.

A seeded sample of the places. All: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/integration/backups/test_backup_restore_cut.py
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from state import faults

pytestmark = [pytest.mark.integration, pytest.mark.crash]
SAMPLE, SEED = 8, 20101

SMALL = [
    "CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY)",
    "INSERT INTO agn_dbversioninfo_tbl VALUES ('19.10.002')",
    "CREATE TABLE parent_tbl (id INT PRIMARY KEY)",
    "CREATE TABLE child_tbl (id INT, FOREIGN KEY (id) REFERENCES parent_tbl (id))",
    "INSERT INTO parent_tbl VALUES (1), (2)",
    "CREATE VIEW some_view AS SELECT id FROM parent_tbl",
    "CREATE TRIGGER some_trigger BEFORE INSERT ON parent_tbl FOR EACH ROW SET NEW.id = NEW.id",
    "CREATE PROCEDURE some_procedure() SELECT 1",
]
CHANGED = [
    "INSERT INTO agn_dbversioninfo_tbl VALUES ('20.07.492')",
    "CREATE TABLE newer_tbl (id INT)",
    "INSERT INTO child_tbl VALUES (1)",
    "DROP VIEW some_view",
    "CREATE VIEW newer_view AS SELECT id FROM child_tbl",
    "DROP PROCEDURE some_procedure",
    "CREATE PROCEDURE newer_procedure() SELECT 2",
]
SCRIPT = """
import sys
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
RealBackups(settings).restore("R-hop1", keep_as=sys.argv[2], progress=lambda done, total: None)
"""


def run_restore(site: Any, kept: str, **environment: str) -> int:
    """Restore in a process of its own; how it ended."""
    args = [sys.executable, "-c", SCRIPT, site.settings.model_dump_json(), f"{site.database}_{kept}"]
    return subprocess.run(args, env={**os.environ, **environment}, check=False).returncode


def fork_restore(site: Any, kept: str, number: int) -> bool:
    """The same in a fork, which starts at once; whether it was killed at its Nth place."""
    gc.collect()  # the child must not free what another test has left: a compressor waits for threads that are not there
    child = os.fork()
    if child == 0:
        faults._name, faults._number, faults._passed = "swap", str(number), itertools.count(1)
        try:
            site.restore(kept)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture
def small(make_site: Callable[..., Any]) -> Any:
    """A proven backup of a small database that has been changed since."""
    site = make_site(SMALL)
    site.trusted()
    site.sql(*CHANGED)
    return site


def test_a_real_process_killed_in_mid_restore_is_gone_on_with(small: Any, tmp_path: Path) -> None:
    changed = small.content()
    assert run_restore(small, "kept", ORCHESTRATE_FAULT="swap:12") == -signal.SIGKILL
    log = tmp_path / "log"
    assert run_restore(small, "kept", ORCHESTRATE_FAULT_LOG=str(log)) == 0
    assert set(log.read_text().split()) == {"swap"}
    assert small.content(f"{small.database}_kept") == changed
    assert small.backups.restored("R-hop1", keep_as=f"{small.database}_kept")


def places_passed(site: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many places an uninterrupted restore passes; the databases are then as before."""
    passed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(faults, "place", passed.append)
        site.restore("counted")
    site.sql(f"DROP DATABASE {site.database}_counted", *CHANGED)
    return len(passed)


def test_a_restore_cut_off_at_any_place_ends_as_if_it_had_not_been(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind every third cut there is a second one, at another place, before the end."""
    changed, chance = small.content(), random.Random(SEED)
    numbers = range(1, places_passed(small, monkeypatch) + 1)
    assert len(numbers) > 20
    restored: dict[str, Any] | None = None
    for turn, number in enumerate(numbers if os.environ.get("ORCHESTRATE_CRASH") == "all" else chance.sample(numbers, SAMPLE)):
        kept = f"{small.database}_k{number}"
        assert fork_restore(small, f"k{number}", number)
        if turn % 3 == 0:
            fork_restore(small, f"k{number}", chance.randint(1, 12))
        small.restore(f"k{number}")
        restored = restored or small.content()
        assert small.content() == restored, f"cut at place {number}"
        assert small.content(kept) == changed, f"cut at place {number}"
        assert small.databases() == {small.database, kept}, f"cut at place {number}"
        small.sql(f"DROP DATABASE {kept}", *CHANGED)


def test_what_is_seen_of_a_restore_that_was_cut_off_is_never_taken_for_its_end(small: Any) -> None:
    for number in (6, 20):
        assert fork_restore(small, f"k{number}", number)
        assert not small.backups.restored("R-hop1", keep_as=f"{small.database}_k{number}")
        small.restore(f"k{number}")
        assert small.backups.restored("R-hop1", keep_as=f"{small.database}_k{number}")
        small.sql(*CHANGED)
