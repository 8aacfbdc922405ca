"""Room for the release, its logs and the database (facts 17.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

GIB = 1024**3
UNPACKED = 4  # a tarball of web applications grows about that much, and the tarball is kept beside
UNKNOWN_PACKAGES = GIB // 2
LOG_FLOOD = GIB // 2  # a failed start writes up to 420 MB of logs within seconds (facts 17.5)
DATABASE, DATABASE_ROOM = "/var/lib/mysql", GIB
SUBJECT = Subject("disk-room", "room on the disks", "a full disk stops the run half-way", order=70)


def check(ground: Ground) -> Iterator[Finding]:
    """Compare what may be needed at the most with what is free."""
    plan = ground.plan
    packages = sum(ref.size or 0 for ref in plan.hop.target.packages) or UNKNOWN_PACKAGES
    needs = [(plan.home, packages * UNPACKED + LOG_FLOOD, "the release and its logs")]
    if plan.answers.database == "local":
        needs.append((DATABASE, DATABASE_ROOM, "the database"))
    for path, needed, what in needs:
        free = ground.host.system.space(path).free
        measured = f"{path}: {free / GIB:.1f} GiB free, {needed / GIB:.1f} GiB needed for {what}"
        yield SUBJECT.stops(measured, f"df -h {path}    make room there") if free < needed else SUBJECT.fine(measured)
