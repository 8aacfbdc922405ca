"""The daemons of a mail server, told by their processes (LAB: units say active with a dead master)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.hosts.application import processes
from workflows.host.mail import Listener, Units
from workflows.model.errors import WorkflowError

PROC = Path("/proc")
POLL_SECONDS = 0.1
LISTEN = "0A"


def executable(pid: int) -> Path | None:
    """The program file of a process; None when it ended or may not be seen."""
    try:
        return Path(str((PROC / str(pid) / "exe").readlink()).removesuffix(" (deleted)"))
    except OSError:
        return None


def running(wanted: Callable[[processes.Process, Path], bool]) -> list[int]:
    """The pids of the processes that are wanted; those of a container on this host are not of this host."""
    own = _space("self")
    return [
        process.pid
        for process in processes.running()
        if (program := executable(process.pid)) is not None and wanted(process, program) and _space(str(process.pid)) == own
    ]


def _space(pid: str) -> str | None:
    """The process's namespace of pids."""
    try:
        return str((PROC / pid / "ns/pid").readlink())
    except OSError:  # it ended meanwhile
        return None


def start(units: Units, names: Sequence[str]) -> None:
    """Enable and start the units that there are."""
    for name in names:
        if units.state(name).exists:
            units.enable(name)
            units.start(name)


def stop(units: Units, names: Sequence[str], pids: Callable[[], Sequence[int]], title: str, seconds: float) -> None:
    """Stop the units that there are, and see the processes gone.

    Raises:
        WorkflowError: "mta-still-running"; nothing is killed.
    """
    for name in names:
        if units.state(name).exists:
            units.stop(name)
    deadline = time.monotonic() + seconds
    while left := pids():
        if time.monotonic() >= deadline:
            raise WorkflowError(
                f"{title} still runs {seconds:.0f} s after it was told to stop: process {', '.join(map(str, left))}",
                key="mta-still-running",
                unharmed=["its queue; nothing was killed"],
                next=[f"ps -fp {','.join(map(str, left))}    what it does", "orchestrate resume    once it is gone"],
            )
        time.sleep(POLL_SECONDS)


def listeners(port: int) -> list[Listener]:
    """Who listens on a TCP port of this network namespace."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    owners = _owners(inodes)
    found = {Listener(pid, str(executable(pid) or "")) for pid in owners}
    return sorted(found, key=lambda one: one.pid or 0) if found or not inodes else [Listener(None, None)]


def _owners(inodes: set[str]) -> set[int]:
    found = set()
    for entry in PROC.iterdir() if inodes else ():
        if not entry.name.isdecimal():
            continue
        try:
            if any(str(link.readlink()) in inodes for link in (entry / "fd").iterdir()):
                found.add(int(entry.name))
        except OSError:  # it ended meanwhile, or is none of ours
            continue
    return found


def greeting(port: int, timeout: float) -> str | None:
    """The first line a mail server says; None when none came in time."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
            connection.settimeout(timeout)
            line = connection.makefile("rb").readline(1000)
            connection.sendall(b"QUIT\r\n")
            return line.decode("utf-8", "replace").strip() or None
    except OSError:
        return None
