"""Who is changing packages right now, told by the lock files of the package managers."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from orchestrator.files import small_text
from workflows.model.errors import WorkflowError

POLL = 0.5
_LOCKS = Path("/proc/locks")
_PROGRAMS = ("dnf", "yum", "zypp", "PackageKit", "packagekitd", "y2base")


def holder(files: Sequence[Path]) -> tuple[int, str, Path] | None:
    """Pid, program and file of the first of these that is held for writing by a process, or names a running package manager."""
    for file in files:
        pid = _locked_by(file) or _named_in(file)
        if pid:
            return pid, _program(pid), file
    return None


def told(found: tuple[int, str, Path] | None) -> str | None:
    """The same for people: "apt-get (pid 123)"."""
    return f"{found[1]} (pid {found[0]})" if found else None


def wait(files: Sequence[Path], seconds: float) -> None:
    """Wait until nobody holds one of them.

    Raises:
        WorkflowError: "package-manager-busy", naming the process and the file.
    """
    until = time.monotonic() + seconds
    while found := holder(files):
        if time.monotonic() > until:
            raise WorkflowError(
                f"cannot change packages: {told(found)} has held {found[2]} for more than {seconds:.0f} s",
                key="package-manager-busy", unharmed=["no package was installed or removed"],
                next=[f"ps -fp {found[0]}    what it is doing", "orchestrate resume    once it has come to its end"],
            )  # fmt: skip
        time.sleep(POLL)


def _locked_by(file: Path) -> int | None:
    """By the kernel's list of locks, whose device is that of the file system and in hex."""
    if not file.exists():
        return None
    status = file.stat()
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in _LOCKS.read_text(encoding="ascii").splitlines():
        fields = line.split()
        if len(fields) > 5 and fields[1] != "->" and fields[3] == "WRITE" and fields[5] == wanted:  # noqa: PLR2004
            pid = int(fields[4])
            return pid if pid > 0 and pid != os.getpid() else None
    return None


def _named_in(file: Path) -> int | None:
    """Dnf, yum and zypper write their pid into a file that a crash leaves behind, so that its process is looked at."""
    try:
        text = small_text(file, errors="replace").strip()
        if not text.isdigit():
            return None
        words = Path(f"/proc/{text}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return None
    return int(text) if any(program in words for program in _PROGRAMS) else None


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process"
