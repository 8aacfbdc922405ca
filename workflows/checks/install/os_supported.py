"""Its packages must be known (guide 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "os-supported", "the operating system is known", "its packages are not known, nor what they are called", "guide 3.1", order=10
)


def check(ground: Ground) -> Iterator[Finding]:
    """By the data files there are."""
    known = ground.host.system.distribution()
    if known.supported:
        yield SUBJECT.fine(known.name)
    else:
        systems = ", ".join(ground.host.capabilities.supported())
        yield SUBJECT.stops(f"{known.name or 'a system without /etc/os-release'} is none of {systems}", "install on one of them")
