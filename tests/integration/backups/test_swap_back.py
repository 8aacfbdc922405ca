"""A database that a restore replaced is put back: whole, and from wherever the restore, or the way back, was cut off.

A seeded sample of the places. All: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/integration/backups/test_swap_back.py
"""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest
from conftest import quiet
from test_backup_restore_cut import CHANGED, SMALL, fork_restore

from orchestrator.hosts.backups.manifest import BackupError
from state import faults

pytestmark = pytest.mark.integration
SAMPLE, SEED, LAST = 6, 20101, 60
COMMENTED = "CREATE PROCEDURE commented() BEGIN -- why\n SELECT 1; END"


@pytest.fixture
def small(make_site: Callable[..., Any]) -> Any:
    """A proven backup of a small database that has been changed since."""
    site = make_site([*SMALL, COMMENTED, "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM child_tbl"])
    site.trusted()
    site.sql(*CHANGED)
    return site


def names(site: Any) -> tuple[str, str]:
    return f"{site.database}_kept", f"{site.database}_kept_back"


def take_back(site: Any) -> bool:
    kept, back = names(site)
    return bool(site.backups.take_back(kept, keep_as=back, progress=quiet))


def routine(site: Any, database: str | None = None) -> str:
    return str(site.sql("SHOW CREATE PROCEDURE commented", database=database)[0][2])


def numbers() -> list[int]:
    wish = os.environ.get("ORCHESTRATE_CRASH", f"{SAMPLE}:{SEED}")
    every = list(range(1, LAST))
    count, _, seed = wish.partition(":")
    return every if not count.isdigit() else random.Random(int(seed or SEED)).sample(every[:40], int(count))


def test_what_was_replaced_comes_back_whole_and_what_was_restored_is_kept(small: Any) -> None:
    changed, text = small.content(), routine(small)
    small.restore()
    restored = small.content()
    kept, back = names(small)
    [found] = small.backups.kept()
    assert (found.name, found.backup, found.rows["parent_tbl"]) == (kept, "R-hop1", 2)
    small.backups.restore_kept(kept, keep_as=back, progress=quiet)
    assert small.content() == changed
    assert small.content(back) == restored
    assert small.databases() == {small.database, back}
    assert small.backups.restored_kept(kept, keep_as=back)
    assert small.value("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()") == "ENABLED"
    assert routine(small) == text == routine(small, back)  # the client drops comments unless told otherwise
    assert "-- why" in text


def test_there_and_back_again_and_there(small: Any) -> None:
    changed = small.content()
    small.restore()
    restored = small.content()
    one, two = names(small)
    small.backups.restore_kept(one, keep_as=two, progress=quiet)
    small.backups.restore_kept(two, keep_as=one, progress=quiet)
    assert (small.content(), small.content(one)) == (restored, changed)
    small.backups.restore_kept(one, keep_as=two, progress=quiet)
    assert small.content() == changed


@pytest.mark.crash
@pytest.mark.parametrize("number", numbers())
def test_a_restore_cut_off_anywhere_is_taken_back(small: Any, number: int) -> None:
    changed = small.content()
    killed = fork_restore(small, "kept", number)
    assert killed or small.backups.restored("R-hop1", keep_as=names(small)[0])
    take_back(small)
    assert small.content() == changed
    assert small.databases() <= {small.database, names(small)[1]}
    take_back(small)
    assert small.content() == changed
    small.restore("again")  # nothing is in the way of another one


@pytest.mark.crash
@pytest.mark.parametrize("number", numbers())
def test_a_way_back_cut_off_anywhere_is_gone_on_with(small: Any, number: int) -> None:
    changed = small.content()
    small.restore()
    restored = small.content()
    child = os.fork()
    if child == 0:
        faults._name, faults._number, faults._passed = "swap", str(number), itertools.count(1)
        try:
            take_back(small)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not os.WIFSIGNALED(status) or os.WTERMSIG(status) == signal.SIGKILL
    assert take_back(small)
    assert small.content() == changed
    assert small.content(names(small)[1]) == restored


def test_a_kept_database_that_is_gone_or_was_written_to_is_not_put_in_place_unseen(small: Any) -> None:
    small.restore()
    kept, back = names(small)
    small.sql("INSERT INTO parent_tbl VALUES (77)", database=kept)
    with pytest.raises(BackupError, match="parent_tbl: 2 rows expected, 3 rows"):
        small.backups.restore_kept(kept, keep_as=back, progress=quiet)
    assert small.databases() == {small.database, kept}  # nothing was moved


def test_a_kept_database_is_forgotten_for_good_and_its_backup_can_go_then(small: Any) -> None:
    small.restore()
    kept, _ = names(small)
    with pytest.raises(BackupError) as caught:
        small.backups.remove("R-hop1")
    assert caught.value.error_key == "backup-needed"
    small.backups.forget(kept)
    assert small.databases() == {small.database}
    small.backups.remove("R-hop1")
    assert not small.folder.exists()
    with pytest.raises(BackupError) as caught:
        small.backups.restore_kept(kept, keep_as="x", progress=quiet)
    assert caught.value.error_key == "kept-database-unknown"
