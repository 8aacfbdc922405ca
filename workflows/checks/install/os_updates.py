"""The guide asks for a system that is up to date; the installation updates only what it must (guide 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "os-updates", "the operating system is up to date", "the guide asks for it; this does not update it", "guide 3.2", order=140
)


def check(ground: Ground) -> Iterator[Finding]:
    """Asked where packages are to be installed, for then the repositories answer."""
    manager = ground.host.os_packages
    if ground.shortage.error is not None or not ground.shortage.missing:
        return
    if pending := manager.pending():
        yield SUBJECT.warns(f"{pending} updates are pending", f"{manager.update}    before, or at another time")
    else:
        yield SUBJECT.fine("no update is pending")
