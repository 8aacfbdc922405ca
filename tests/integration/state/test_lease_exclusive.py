"""The lease's locks are nobody else's meanwhile, and its end takes away no other holder's row."""

from __future__ import annotations

import fcntl
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from state.lease import Holder, _row
from state.ledger import this_boot
from state.process import process_start
from state.schema import leases
from state.store import Store


def free(path: Path) -> bool:
    """Whether a reader's lock is to be had, which shares the file with readers only."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_the_locks_of_site_and_home_are_shared_with_nobody(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with store.lease("prod", tmp_path / "state", home).acquire("7K3Q", "upgrade"):
        assert not free(tmp_path / "state/prod.lock")
        assert not free(home)
    assert free(tmp_path / "state/prod.lock")
    assert free(home)


@pytest.mark.parametrize("changes", [{"pid": 1}, {"process_start": 1}, {"boot_id": "of-another-boot"}])
def test_the_end_of_a_lease_leaves_the_row_of_whoever_holds_the_site_by_then(
    store: Store, tmp_path: Path, changes: dict[str, object]
) -> None:
    mine = Holder(
        site="prod", pid=os.getpid(), process_start=process_start(os.getpid()), boot_id=this_boot(), host=socket.gethostname(),
        run="NEXT", command="resume", since=datetime(2026, 3, 1, 22, 15, tzinfo=UTC), machine="another-machine",
    )  # fmt: skip
    other = replace(mine, **changes)
    with store.lease("prod", tmp_path).acquire("7K3Q", "upgrade"), store.engine.begin() as connection:
        connection.execute(delete(leases))
        connection.execute(insert(leases), _row(other))
    with store.engine.begin() as connection:
        (row,) = connection.execute(leases.select()).all()
    assert {name: getattr(row, name) for name in ("run", *changes)} == {"run": "NEXT", **changes}
