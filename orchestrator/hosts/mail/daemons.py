"""The daemons of a mail server, told by their processes (LAB: units say active with a dead master)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator import processes
from workflows.host.units import Units
from workflows.model.errors import WorkflowError

PROC = Path("/proc")
POLL_SECONDS = 0.1


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
