"""One run per site, whoever dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from state.errors import LeaseHeldError
from state.lease import Holder, Lease, _row, slug
from state.ledger import this_boot
from state.process import process_start
from state.schema import leases
from state.store import Store
from state.texts import time_text

ROOT = Path(__file__).parents[3]
OWNER = """
import sys
import uuid
from pathlib import Path
from state.errors import LeaseHeldError
from state.store import Store

target, folder, run = sys.argv[1:]
with Store.open(Path(target) if target.startswith("/") else target, tool_version="0.1.0") as store:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        with store.lease("prod", Path(folder)).acquire(run, "upgrade --to 20.10"):
            print("held", flush=True)
            sys.stdin.readline()
    except LeaseHeldError as error:
        print("refused", error.holder.run if error.holder else None, flush=True)
"""


LOCKS = (
    "import fcntl, os, sys; f = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()"
)


class Owner:
    """Another process that holds the site, or tries to."""

    def __init__(self, target: Path | str, folder: Path, run: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(target), str(folder), run],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.line() == "ready"

    def go_on(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def owner(target, tmp_path: Path) -> Iterator[Callable[[str], Owner]]:
    """Starts other processes."""
    started: list[Owner] = []

    def start(run: str) -> Owner:
        started.append(Owner(target, tmp_path, run))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has an id, whatever it is tested on."""
    monkeypatch.setattr("state.lease.this_machine", lambda: "this-machine")


def put(store: Store, **changes: object) -> Holder:
    """A row as another process left it."""
    holder = Holder(
        site="prod", pid=os.getpid(), process_start=process_start(os.getpid()), boot_id=this_boot(), host=socket.gethostname(),
        run="OLD", command="upgrade", since=datetime(2026, 3, 1, 22, 15, tzinfo=UTC), machine="this-machine",
    )  # fmt: skip
    holder = replace(holder, **changes)
    row = _row(holder) | ({"host": holder.host} if holder.machine is None else {})  # as version 0.1.0 wrote it
    with store.engine.begin() as connection:
        connection.execute(insert(leases), row)
    return holder


def test_a_lease_is_held_while_the_block_runs_and_gone_after(store: Store, tmp_path: Path) -> None:
    lease = store.lease("prod", tmp_path)
    assert lease.holder() is None
    with lease.acquire("7K3Q", "upgrade --to 20.10") as mine:
        assert lease.holder() == mine
        assert (mine.pid, mine.run, mine.command, mine.boot_id) == (os.getpid(), "7K3Q", "upgrade --to 20.10", this_boot())
    assert lease.holder() is None
    with lease.acquire(None, "backup create"):
        assert lease.holder().run is None


def test_a_lease_is_given_back_when_the_block_fails(store: Store, tmp_path: Path) -> None:
    lease = store.lease("prod", tmp_path)
    with pytest.raises(ZeroDivisionError), lease.acquire("7K3Q", "upgrade"):
        raise ZeroDivisionError
    assert lease.holder() is None
    with lease.acquire("7K3Q", "resume"):
        pass


def test_a_second_taker_is_told_who_holds_the_site_and_since_when(open_store, owner, tmp_path: Path) -> None:
    first = owner("7K3Q")
    first.go_on()
    assert first.line() == "held"
    with pytest.raises(LeaseHeldError) as caught, open_store().lease("prod", tmp_path).acquire("NEXT", "upgrade"):
        pytest.fail("two hold the site")
    error = caught.value
    assert (error.key, error.holder.run, error.holder.pid) == ("run-in-progress", "7K3Q", first.process.pid)
    assert "7K3Q" in error.message
    assert str(first.process.pid) in error.message
    assert f"since {time_text(error.holder.since)[:19]}Z" in error.message
    assert error.next
    first.go_on()
    first.process.wait()
    with open_store().lease("prod", tmp_path).acquire("NEXT", "upgrade"):
        pass


def test_the_same_process_cannot_hold_a_site_twice(open_store, tmp_path: Path) -> None:
    with (
        open_store().lease("prod", tmp_path).acquire("A", "upgrade"),
        pytest.raises(LeaseHeldError),
        open_store().lease("prod", tmp_path).acquire("B", "upgrade"),
    ):
        pytest.fail("two hold the site")


def test_two_sites_do_not_hinder_each_other(open_store, tmp_path: Path) -> None:
    with (
        open_store().lease("prod", tmp_path).acquire("A", "upgrade"),
        open_store().lease("test", tmp_path).acquire("B", "upgrade"),
    ):
        pass


def test_of_two_processes_that_race_one_wins(owner) -> None:
    racers = [owner("A"), owner("B")]
    for racer in racers:
        racer.go_on()
    answers = [racer.line() for racer in racers]
    assert sorted(answer.split()[0] for answer in answers) == ["held", "refused"]
    winner = racers[answers.index("held")]
    assert answers[1 - answers.index("held")] in {f"refused {'AB'[racers.index(winner)]}", "refused None"}


def test_a_killed_owner_is_taken_over_at_once(open_store, owner, tmp_path: Path) -> None:
    first = owner("7K3Q")
    first.go_on()
    assert first.line() == "held"
    lease = open_store().lease("prod", tmp_path)
    assert lease.holder().pid == first.process.pid
    first.kill()
    assert lease.holder() is None
    with lease.acquire("7K3Q", "resume") as mine:
        assert lease.holder() == mine


def test_a_killed_owner_that_nobody_reaped_is_dead(open_store, owner, tmp_path: Path) -> None:
    first = owner("7K3Q")
    first.go_on()
    assert first.line() == "held"
    first.process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, first.process.pid, os.WEXITED | os.WNOWAIT)
    with open_store().lease("prod", tmp_path).acquire("7K3Q", "resume"):
        pass


@pytest.mark.parametrize(
    "changes",
    [
        {"boot_id": "of-another-boot"},
        {"boot_id": "of-another-boot", "host": "had-another-name"},
        {"boot_id": "of-another-boot", "machine": None},
        {"process_start": 1},
        {"pid": 4194304 + 1},
    ],
    ids=[
        "another boot of this host",
        "another boot and another name of this host",
        "another boot, written by 0.1.0",
        "a process id used again",
        "a process that is gone",
    ],
)
def test_a_dead_owner_holds_nothing(store: Store, tmp_path: Path, changes: dict[str, object]) -> None:
    put(store, **changes)
    lease = store.lease("prod", tmp_path)
    assert lease.holder() is None
    with lease.acquire("7K3Q", "resume") as mine:
        assert lease.holder() == mine


@pytest.mark.parametrize(
    "changes",
    [{}, {"host": "other.example", "boot_id": "of-another-host", "machine": "another"}],
    ids=["this host", "another host"],
)
def test_a_live_owner_without_the_lock_file_is_respected(store: Store, tmp_path: Path, changes: dict[str, object]) -> None:
    holder = put(store, **changes)
    with pytest.raises(LeaseHeldError) as caught, store.lease("prod", tmp_path).acquire("7K3Q", "resume"):
        pytest.fail("two hold the site")
    assert caught.value.holder == holder
    assert store.lease("prod", tmp_path).holder() == holder
    with store.lease("other", tmp_path).acquire("7K3Q", "resume"):
        pass


@pytest.mark.parametrize("alone", [True, False])
def test_an_owner_of_0_1_0_under_another_host_name_is_dead_where_no_other_host_can_reach_the_store(
    store: Store, tmp_path: Path, alone: bool
) -> None:
    put(store, host="had-another-name", boot_id="of-another-boot", machine=None)
    lease = Lease(store._connector, "prod", tmp_path, alone=alone)
    assert (lease.holder() is None) is alone


def test_a_home_is_held_whatever_state_folder_asks(open_store, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with open_store().lease("prod", tmp_path / "one", home).acquire("A", "upgrade"):
        pass
    other = subprocess.Popen([sys.executable, "-c", LOCKS, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline()
    with (
        pytest.raises(LeaseHeldError, match=f"process {other.pid}, which works on it under another state folder"),
        open_store().lease("prod", tmp_path / "two", home).acquire("B", "upgrade"),
    ):
        pytest.fail("two work on one home")
    other.communicate("")
    with open_store().lease("prod", tmp_path / "two", home).acquire("B", "upgrade"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_lock_of_somebody_who_is_not_trusted_stops_nobody(open_store, open_folder: Path) -> None:
    home = open_folder / f"home-{uuid.uuid4().hex}"
    home.mkdir()
    args = [shutil.which("python3", path="/usr/bin") or sys.executable, "-c", LOCKS, str(home)]
    other = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, user=65534, group=65534)
    assert other.stdout.readline()
    with open_store().lease("prod", home / "state", home).acquire("A", "upgrade"):
        pass
    other.communicate("")


def test_the_lock_file_is_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    with store.lease("prod", tmp_path / "new").acquire("7K3Q", "upgrade"):
        assert stat.S_IMODE((tmp_path / "new" / "prod.lock").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_child_process_does_not_keep_the_lock(store: Store, tmp_path: Path) -> None:
    lease = store.lease("prod", tmp_path)
    with lease.acquire("7K3Q", "upgrade"):
        child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    with lease.acquire("7K3Q", "resume"):
        child.communicate()


def test_every_site_has_a_lock_file_of_its_own() -> None:
    names = ["prod", "Prod", "a/b", "a-b", "a b", "..", "", "ä", "x" * 300, "x" * 301]
    slugs = [slug(name) for name in names]
    assert slugs[0] == "prod"
    assert len(set(slugs)) == len(names)
    assert all("/" not in name and not name.startswith(".") and len(name) < 200 for name in slugs)
