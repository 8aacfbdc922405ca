"""Reason 7: SELinux is enabled (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding
from workflows.rules.by_hand import SELINUX_OFF

SUBJECT = Subject(
    "selinux-off", "SELinux is disabled",
    "it keeps the mail server from OpenEMM's socket, maps and procmail rules in the home", "guide 6.1 no. 7", order=70,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """As the kernel says now, and as it is configured for the next boot."""
    found = visit.host.system.selinux()
    if found.now == "enforcing":
        yield SUBJECT.stops("it is enforcing", f"{SELINUX_OFF}    from the next boot on; setenforce 0 until then")
    elif found.now == "permissive":
        yield SUBJECT.warns("it is enabled and only logs what it would refuse", f"{SELINUX_OFF}    from the next boot on")
    elif found.at_boot == "enforcing":
        yield SUBJECT.warns("it is disabled now, and will be enforcing after the next boot", SELINUX_OFF)
    else:
        yield SUBJECT.fine("disabled")
