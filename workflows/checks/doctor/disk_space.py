"""Room for what a mail passes through (facts 10.1: red below 10 % free)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.system import Space
from workflows.model.finding import Finding

MIB = 1024**2
NONE = 64 * MIB  # a mail server takes no mail for which there is no room
FEW = 0.1
PATHS = ("/var/spool", "/var/log", "/var/lib/mysql", "/tmp")  # noqa: S108 - looked at, not written
SUBJECT = Subject(
    "disk-space",
    "the disks have room",
    "a full disk stops the database, the backend and the mail server",
    order=10,
)


def check(visit: Visit) -> Iterator[Finding]:
    """The home, spool, logs, database and /tmp; each file system once."""
    seen: dict[int, tuple[str, Space]] = {}
    for path in (visit.host.home_path, *PATHS):
        space = visit.host.system.space(path)
        seen.setdefault(space.device, (path, space))
    trouble = [found for path, space in seen.values() if (found := _look(path, space))]
    if trouble:
        yield from trouble
    else:
        least = min(seen.values(), key=lambda pair: pair[1].free)
        yield SUBJECT.fine(f"{least[0]}: {least[1].free / MIB / 1024:.1f} GiB free")


def _look(path: str, space: Space) -> Finding | None:
    told = f"{path}: {space.free / MIB:.0f} MiB free of {space.total / MIB:.0f}"
    if space.read_only:
        return SUBJECT.stops(f"{path} is mounted read-only", f"mount -o remount,rw {path}    dmesg says why it is")
    if space.inodes and not space.inodes_free:
        return SUBJECT.stops(f"{path}: no inode is free", f"df -i {path}    how many there are; remove files that nobody needs")
    if space.free < NONE:
        return SUBJECT.stops(told, f"df -h {path}    make room there")
    if space.free < FEW * space.total or space.inodes_free < FEW * space.inodes:
        return SUBJECT.warns(f"{told}, {space.inodes_free} of {space.inodes} inodes", f"df -h {path}    make room there")
    return None
