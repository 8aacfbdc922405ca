"""Its packages must be known (guide 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.host.system import Family
from workflows.model.finding import Finding

SUPPORTED = {Family.RHEL: ("7", "8", "9"), Family.SUSE: ("15",), Family.DEBIAN: ("12",)}
SYSTEMS = "RHEL and CentOS 7 and 8, RHEL-like 9, SLES 15, Debian 12"
SUBJECT = Subject(
    "os-supported", "the operating system is known", "its packages are not known, nor what they are called", "guide 3.1", order=10
)


def check(ground: Ground) -> Iterator[Finding]:
    """By family and major version."""
    known = ground.host.system.distribution()
    if known.family is not None and known.major in SUPPORTED[known.family]:
        yield SUBJECT.fine(known.name)
    else:
        yield SUBJECT.stops(f"{known.name or 'a system without /etc/os-release'} is none of {SYSTEMS}", "install on one of them")
