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

from state.connector import Connector
from state.errors import LeaseHeldError
from state.folders import make_folder
from state.ledger import this_boot
from state.process import process_start
from state.schema import leases
from state.texts import now, text_time, time_text

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
    """Who holds a site. process_start: in clock ticks since boot, field 22 of /proc/PID/stat."""

    site: str
    pid: int
    process_start: int
    boot_id: str
    host: str
    run: str | None
    command: str
    since: datetime

    def is_alive(self) -> bool:
        """False only when it is known to be gone; of another host nothing is known."""
        boot = this_boot()
        if self.boot_id != boot:
            return self.host != socket.gethostname()
        return process_start(self.pid) == self.process_start

    def __str__(self) -> str:
        run = f"run {self.run}, " if self.run else ""
        return f"{run}{self.command}, pid {self.pid} on {self.host}, since {time_text(self.since)[:19]}Z"


class Lease:
    """The lease of one site."""

    def __init__(self, connector: Connector, site: str, folder: Path) -> None:
        """Take the store's connection; the lock file of the site lies in `folder`."""
        self._connector = connector
        self._site = site
        self._path = folder / f"{slug(site)}.lock"

    @contextmanager
    def acquire(self, run_id: str | None, command: str) -> Iterator[Holder]:
        """Hold the site while the block runs. An owner that is dead is taken over at once.

        Raises:
            LeaseHeldError: a live process holds it.
        """
        lock = self._lock()
        try:
            mine = self._take(run_id, command)
            try:
                yield mine
            finally:
                values = {"b_" + name: getattr(mine, name) for name in ("site", "pid", "process_start", "boot_id")}
                self._connector.write(lambda connection: connection.execute(_RELEASE, values).close(), place=None)
        finally:
            os.close(lock)

    def holder(self) -> Holder | None:
        """Who holds the site, or None; an owner that is dead holds nothing."""
        row = self._connector.read(lambda connection: connection.execute(_ROW, {"b_site": self._site}).one_or_none())
        holder = _holder(row)
        return holder if holder is not None and holder.is_alive() else None

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
            run=run_id, command=command[:255], since=now(),
        )  # fmt: skip

        def work(connection: Connection) -> None:
            found = _holder(connection.execute(_ROW_LOCKED, {"b_site": self._site}).one_or_none())
            if found is not None and found != mine and found.is_alive():
                raise _held(self._site, found)
            connection.execute(_REMOVE, {"b_site": self._site})
            connection.execute(_TAKE, asdict(mine) | {"since": time_text(mine.since)})

        self._connector.write(work, place=None)
        return mine


def slug(site: str) -> str:
    """A file name for a site, its own for each."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", site)[:100].lstrip(".")
    return plain if plain == site else f"{plain}-{hashlib.sha256(site.encode()).hexdigest()[:8]}"


def _holder(row: Any) -> Holder | None:
    return None if row is None else Holder(**row._asdict() | {"since": text_time(row.since)})


def _held(site: str, holder: Holder | None) -> LeaseHeldError:
    who = str(holder) if holder else "another process that is just starting"
    return LeaseHeldError(
        f"{site} is held by {who}",
        holder=holder,
        next=["orchestrate watch    follows the run", "orchestrate pause    asks it to pause"],
    )
