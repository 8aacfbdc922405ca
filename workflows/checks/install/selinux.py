"""SELinux keeps OpenEMM's parts from each other (guide 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding
from workflows.rules.by_hand import SELINUX_OFF

SUBJECT = Subject("selinux", "SELinux does not enforce", "it keeps OpenEMM's mail filter from its socket", "guide 3.2", order=30)


def check(ground: Ground) -> Iterator[Finding]:
    """As the kernel says now."""
    mode = ground.host.system.selinux().now
    if mode != "enforcing":
        yield SUBJECT.fine(mode)
    elif ground.accepted(SUBJECT.key):
        yield SUBJECT.warns("it enforces, which was accepted", SELINUX_OFF)
    else:
        yield SUBJECT.stops("it enforces", f"{SELINUX_OFF}    or the same command with --keep {SUBJECT.key}")
