"""The packages that the steps would install, in so far as they are not there (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("os-packages", "the packages can be had", "the run would stop where it needs them", "guide 3.2, 3.3", order=130)


def check(ground: Ground) -> Iterator[Finding]:
    """What the run would fail with later is found now, in the same words."""
    found = ground.shortage
    if found.error is not None:
        error = found.error
        yield SUBJECT.stops(error.message, error.next[0] if error.next else "the same command    once that is solved")
    elif not found.missing:
        yield SUBJECT.fine("all are installed")
    else:
        repositories = ", ".join(ground.host.os_packages.repositories())
        yield SUBJECT.fine(f"{len(found.missing)} to be installed, all offered by {repositories}")
