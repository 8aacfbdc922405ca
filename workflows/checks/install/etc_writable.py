"""What is configured lies in /etc."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("etc-writable", "/etc can be written", "limits, services and mail server are configured there", order=50)


def check(ground: Ground) -> Iterator[Finding]:
    """Not on a file system that is mounted read-only."""
    if read_only := ground.host.mail.writable():
        yield SUBJECT.stops(f"{', '.join(read_only)}: mounted read-only", f"mount -o remount,rw {read_only[0]}")
    else:
        yield SUBJECT.fine("yes")
