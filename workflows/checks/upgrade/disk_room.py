"""Room for every release and for dumps with their test restores (DESIGN 3.7, 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host import Host
from workflows.model.finding import Finding

UNPACKED = 4  # a tarball of web applications grows about that much, and the tarball is kept beside
GIB = 1024**3
LOG_FLOOD = GIB // 2  # a start on a wrong schema writes up to 420 MB of logs within seconds (facts 17.5)
SUBJECT = Subject("disk-room", "room on the disks", "a full disk stops the run half-way", order=150)


def check(journey: Journey) -> Iterator[Finding]:
    """Compare what may be needed at the most with what is free."""
    host, plan = journey.host, journey.plan
    hops = plan.hops if plan else ()
    packages = sum(ref.size or 0 for hop in hops for ref in hop.target.packages)
    yield _room(host, host.home_path, packages * UNPACKED + LOG_FLOOD, "the releases and their logs")
    yield _room(host, host.backups_path, host.backups.room_needed() * max(len(hops), 1), "the dumps of every hop")
    yield _room(host, host.scratch_path, host.backups.room_needed(), "one test restore")


def _room(host: Host, path: str, needed: int, what: str) -> Finding:
    free = host.system.space(path).free
    measured = f"{path}: {free / GIB:.1f} GiB free, {needed / GIB:.2f} GiB needed for {what}"
    if free < needed:
        return SUBJECT.stops(measured, f"df -h {path}    make room there")
    return SUBJECT.fine(measured)
