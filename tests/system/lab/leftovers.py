"""What a lab made on this machine, found again and taken away when its process is gone.

A lab is a folder LABS/<pid>-<start time of that process>; everything it makes is named after it (`name_of`): mounts lie below
the folder, cgroups and network namespaces bear its name. So nothing needs to be recorded before it is made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from pathlib import Path

from orchestrator.command import run

LABS = Path("/var/tmp/orchestrate-lab")
PREFIX = "olab"
GONE_SECONDS = 20.0
NAMESPACES = Path("/run/netns")


def own_folder() -> Path:
    """The folder of this process's lab; made when it is not there."""
    folder = LABS / f"{os.getpid()}-{_started(os.getpid())}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def name_of(lab: Path) -> str:
    """What the names of a lab's cgroups and network namespaces begin with."""
    return f"{PREFIX}{lab.name.partition('-')[0]}-"


def hierarchies() -> list[Path]:
    """The cgroup trees systemd needs one group each in: one tree, or two where the older layout is mounted."""
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.procs").exists():
        return [top]
    return [top / part for part in ("systemd", "unified") if (top / part / "cgroup.procs").exists()]


def clean() -> list[Path]:
    """Take away every lab whose process is gone, one process at a time; the folders that were."""
    LABS.mkdir(parents=True, exist_ok=True)
    with (LABS / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        dead = [lab for lab in sorted(LABS.glob("*-*")) if not _lives(lab)]
        for lab in dead:
            remove_lab(lab)
    return dead


def remove_lab(lab: Path) -> None:
    """End its hosts and take away all that is named after it."""
    for tree in hierarchies():
        for group in tree.glob(f"{name_of(lab)}*"):
            end_group(group)
    for namespace in NAMESPACES.glob(f"{name_of(lab)}*"):
        run(["ip", "netns", "delete", namespace.name], timeout=30)
    remove_tree(lab)


def found(lab: Path) -> list[str]:
    """What is left of a lab on this machine; for tests."""
    groups = [str(group) for tree in hierarchies() for group in tree.glob(f"{name_of(lab)}*")]
    namespaces = [str(namespace) for namespace in NAMESPACES.glob(f"{name_of(lab)}*")]
    return [*groups, *namespaces, *map(str, mounts_below(lab)), *([str(lab)] if lab.exists() else [])]


def end_group(group: Path) -> None:
    """Kill what runs in a cgroup and below, and remove the groups.

    Raises:
        TimeoutError: a process does not end.
    """
    deadline = time.monotonic() + GONE_SECONDS
    while pids := [int(pid) for procs in group.rglob("cgroup.procs") for pid in _words(procs)]:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {pids} in {group} do not end")
        time.sleep(0.02)
    for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        folder.rmdir()
    if group.is_dir():
        group.rmdir()


def mounts_below(folder: Path) -> list[Path]:
    """What is mounted on or below a folder, in the order of mounting."""
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return [path for path in map(Path, points) if path == folder or folder in path.parents]


def remove_tree(folder: Path) -> None:
    """Remove a folder of the lab; what is mounted below is unmounted first, never followed."""
    for point in reversed(mounts_below(folder)):
        run(["umount", str(point)], timeout=60)
    if left := mounts_below(folder):
        raise RuntimeError(f"cannot remove {folder}: {left} are still mounted")
    if folder.exists():
        shutil.rmtree(folder)


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except (FileNotFoundError, OSError):  # the group went away meanwhile
        return []


def _lives(lab: Path) -> bool:
    pid, _, started = lab.name.partition("-")
    return pid.isdecimal() and _started(int(pid)) == started


def _started(pid: int) -> str | None:
    """When a process began: ticks since the machine's boot; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None
