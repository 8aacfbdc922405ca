"""OpenEMM is started at boot by systemd (guide 9.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("systemd", "systemd runs this host", "OpenEMM is started and stopped as a unit", "guide 9.1", order=20)


def check(ground: Ground) -> Iterator[Finding]:
    """Said only when it does not."""
    if not ground.host.units.available():
        yield SUBJECT.stops("it does not", "install on a host that systemd has booted, not in a container")
