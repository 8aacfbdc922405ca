"""Runs and checkpoints in the system's journal, by its native protocol."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.hosts.system import journald
from orchestrator.runs.announce import to_journald
from orchestrator.runs.checkpoints import announce
from orchestrator.runs.events import Event, Kind
from orchestrator.runs.site import Site
from tests.integration.audit.conftest import UPGRADES, upgrade

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket where the system's journal would listen."""
    path = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(5)
        monkeypatch.setattr(journald, "SOCKET", path)
        yield server


def fields(datagram: bytes) -> dict[str, str]:
    """As sd-journal reads them: NAME=value, or NAME, a length of 8 bytes and the value."""
    found = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(datagram[:8], "little")
            value, datagram = datagram[8 : 8 + size], datagram[8 + size + 1 :]
        found[name.decode()] = value.decode()
    return found


def test_the_end_of_a_run_is_told_with_the_ledgers_head(site: Site, journal: socket.socket) -> None:
    upgrade(site, "LAST", *UPGRADES[2], reason=None)
    head = site.ledger.head()
    assert head is not None
    said = fields(journal.recv(65536))
    assert (said["RUN"], said["KIND"]) == ("LAST", "checkpoint")
    assert said["SITE"] == site.settings.name
    assert (said["SEQ"], said["HASH"]) == (str(head.seq), head.hash)
    assert said["CHECKPOINT"] == f"{head.seq}:{head.hash}"
    assert said["SYSLOG_IDENTIFIER"] == "orchestrate"
    assert head.hash in said["MESSAGE"]


def test_a_failed_run_is_told_and_its_undoing_too(site: Site, journal: socket.socket) -> None:
    upgrade(site, "BAD2", *UPGRADES[2], reason=None, fails=True)
    seqs = [int(fields(journal.recv(65536))["SEQ"]) for _ in range(2)]
    kinds = {entry.seq: entry.kind for entry in site.ledger.entries(run="BAD2")}
    assert [kinds[seq] for seq in seqs] == ["run-failed", "run-undone"]


def test_every_event_is_told_with_what_it_is_found_by_but_for_mere_progress(journal: socket.socket, settings: object) -> None:
    tell, now = to_journald("mail1"), datetime.now(UTC)
    tell(Event(now, "2M9D", Kind.STEP_PROGRESS, "hop1.backup", {"message": "1 of 2"}))
    tell(Event(now, "2M9D", Kind.STEP_DONE, "hop1.backup", {"title": "hop 1 backup", "seconds": 3.0, "summary": "17 kB"}))
    done = fields(journal.recv(65536))
    assert (done["SITE"], done["RUN"], done["STEP"], done["KIND"]) == ("mail1", "2M9D", "hop1.backup", "step-done")
    assert (done["MESSAGE"], done["PRIORITY"]) == ("run 2M9D: done hop 1 backup 3 s 17 kB", "5")
    tell(Event(now, "2M9D", Kind.STEP_FAILED, "hop1.backup", {"message": "the disk is full", "key": "disk-full"}))
    failed = fields(journal.recv(65536))
    assert (failed["PRIORITY"], failed["KEY"]) == ("3", "disk-full")
    tell(Event(now, "2M9D", Kind.RUN_PAUSED))
    assert fields(journal.recv(65536))["MESSAGE"] == "run 2M9D paused"


def test_a_value_of_several_lines_keeps_them(journal: socket.socket, settings: object) -> None:
    assert journald.send("one\ntwo=3\n", {"RUN": "7K3Q"}, path=journald.SOCKET)
    said = fields(journal.recv(65536))
    assert (said["MESSAGE"], said["RUN"]) == ("one\ntwo=3\n", "7K3Q")


@pytest.mark.parametrize("there", [True, False])
def test_a_host_without_the_journal_goes_on(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool) -> None:
    path = tmp_path / "nobody-listens"
    if there:
        path.touch()
    monkeypatch.setattr(journald, "SOCKET", path)
    assert announce(site.ledger) is False
    upgrade(site, "LAST", *UPGRADES[2], reason=None)
    assert site.store.journal.load("LAST").state == "completed"


def test_a_journal_that_takes_nothing_does_not_hold_up_a_run(journal: socket.socket, settings: object) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.setblocking(False)
        filler.connect(str(journald.SOCKET))
        try:
            while True:
                filler.send(os.urandom(64))
        except BlockingIOError:
            pass
    assert journald.send("full", {}, path=journald.SOCKET) is False
