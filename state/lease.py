"""One run per site: a lock on a file and a row that says who holds it (DESIGN 3.5)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from state.chain import UNKNOWN
from state.connector import Connector
from state.errors import LeaseHeldError
from state.folders import make_folder
from state.ledger import this_boot, this_machine
from state.process import process_start
from state.schema import leases
from state.texts import now, text_time, time_text

_LOCK_WORDS = 7  # of a line of /proc/locks, at the least
_GRACE = 0.5  # seconds for a killed owner's lock to go, or for a new owner's row to come
_ROW = select(leases).where(leases.c.site == bindparam("b_site"))
_ROW_LOCKED = _ROW.with_for_update()
_TAKE = insert(leases)
_REMOVE = delete(leases).where(leases.c.site == bindparam("b_site"))
_RELEASE = _REMOVE.where(
    leases.c.pid == bindparam("b_pid"),
    leases.c.process_start == bindparam("b_process_start"),
    leases.c.boot_id == bindparam("b_boot_id"),
)


@dataclass(frozen=True)
class Holder:
    """Who holds a site. process_start: in clock ticks since boot, field 22 of /proc/PID/stat.

    machine: the machine id of its host, which may have another name by now; None where version 0.1.0 wrote it.
    """

    site: str
    pid: int
    process_start: int
    boot_id: str
    host: str
    run: str | None
    command: str
    since: datetime
    machine: str | None = None

    def is_alive(self) -> bool:
        """False only when it is known to be gone; of another host nothing is known."""
        if self.boot_id == this_boot():
            return process_start(self.pid) == self.process_start
        here = this_machine()
        if self.machine is None or UNKNOWN in {self.machine, here}:
            return self.host != socket.gethostname()
        return self.machine != here

    def __str__(self) -> str:
        run = f"run {self.run}, " if self.run else ""
        return f"{run}{self.command}, pid {self.pid} on {self.host}, since {time_text(self.since)[:19]}Z"


class Lease:
    """The lease of one site."""

    def __init__(self, connector: Connector, site: str, folder: Path, *, home: Path | None = None, alone: bool = False) -> None:
        """Take the store's connection.

        Args:
            connector: the store's.
            site: the site's key.
            folder: of the lock file.
            home: the folder that the site is; locked as well, so that no other state folder lets anybody at it meanwhile.
            alone: no other machine can reach the store, so that an owner of another boot is dead.
        """
        self._connector = connector
        self._site = site
        self._path = folder / f"{slug(site)}.lock"
        self._home = home
        self._alone = alone

    @contextmanager
    def acquire(self, run_id: str | None, command: str) -> Iterator[Holder]:
        """Hold the site while the block runs. An owner that is dead is taken over at once.

        Raises:
            LeaseHeldError: a live process holds it.
        """
        lock = self._lock()
        guard = None
        try:
            guard = _guard(self._home) if self._home else None
            mine = self._take(run_id, command)
            try:
                yield mine
            finally:
                values = {"b_" + name: getattr(mine, name) for name in ("site", "pid", "process_start", "boot_id")}
                self._connector.write(lambda connection: connection.execute(_RELEASE, values).close(), place=None)
        finally:
            for descriptor in (guard, lock):
                if descriptor is not None:
                    os.close(descriptor)

    def holder(self) -> Holder | None:
        """Who holds the site, or None; an owner that is dead holds nothing."""
        row = self._connector.read(lambda connection: connection.execute(_ROW, {"b_site": self._site}).one_or_none())
        holder = _holder(row)
        return holder if holder is not None and self._is_alive(holder) else None

    def _is_alive(self, holder: Holder) -> bool:
        return holder.is_alive() and not (self._alone and holder.machine is None and holder.boot_id != this_boot())

    def _lock(self) -> int:
        """The locked lock file; the lock goes with the process, however it ends."""
        make_folder(self._path.parent, 0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _GRACE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self.holder()
                if holder is not None or time.monotonic() > deadline:
                    os.close(file)
                    raise _held(self._site, holder) from None
                time.sleep(0.01)
            else:
                return file

    def _take(self, run_id: str | None, command: str) -> Holder:
        own_start = process_start(os.getpid())
        if own_start is None:
            raise RuntimeError("internal error: this process is not in /proc")
        mine = Holder(
            site=self._site, pid=os.getpid(), process_start=own_start, boot_id=this_boot(), host=socket.gethostname(),
            run=run_id, command=command[:255], since=now(), machine=this_machine(),
        )  # fmt: skip

        def work(connection: Connection) -> None:
            found = _holder(connection.execute(_ROW_LOCKED, {"b_site": self._site}).one_or_none())
            if found is not None and found != mine and self._is_alive(found):
                raise _held(self._site, found)
            connection.execute(_REMOVE, {"b_site": self._site})
            connection.execute(_TAKE, _row(mine))

        self._connector.write(work, place=None)
        return mine


def slug(site: str) -> str:
    """A file name for a site, its own for each."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", site)[:100].lstrip(".")
    return plain if plain == site else f"{plain}-{hashlib.sha256(site.encode()).hexdigest()[:8]}"


def _row(holder: Holder) -> dict[str, Any]:
    """The machine stands behind the host's name: a column more would close the store to the version that wrote it."""
    values = asdict(holder) | {"since": time_text(holder.since), "host": f"{holder.host} {holder.machine}"}
    del values["machine"]
    return values


def _holder(row: Any) -> Holder | None:
    if row is None:
        return None
    host, _, machine = row.host.partition(" ")
    return Holder(**row._asdict() | {"since": text_time(row.since), "host": host, "machine": machine or None})


def _guard(home: Path) -> int | None:
    """The home, locked; None where it cannot be, or only somebody who is not trusted has locked it.

    Raises:
        LeaseHeldError: a process of ours, or of root, holds it for another state folder.
    """
    try:
        folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pids = [pid for pid in _flocked_by(os.fstat(folder)) if pid != os.getpid() and _owner(pid) in {0, os.geteuid()}]
        os.close(folder)
        if pids:
            raise _held(str(home), None, pids[0]) from None
        return None
    return folder


def _flocked_by(status: os.stat_result) -> list[int]:
    """The processes that hold a flock(2) of that file, by /proc/locks."""
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    lines = (line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines())
    return [int(words[4]) for words in lines if len(words) > _LOCK_WORDS and words[1] == "FLOCK" and words[5] == file]


def _owner(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None


def _held(site: str, holder: Holder | None, pid: int | None = None) -> LeaseHeldError:
    other = f"process {pid}, which works on it under another state folder" if pid else "another process that is just starting"
    who = str(holder) if holder else other
    return LeaseHeldError(
        f"{site} is held by {who}",
        holder=holder,
        next=["orchestrate watch    follows the run", "orchestrate pause    asks it to pause"],
    )
