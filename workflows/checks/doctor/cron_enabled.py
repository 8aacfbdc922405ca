"""Reason 6: the service cron is disabled (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.remedies import SwitchOn
from workflows.model.finding import Finding
from workflows.rules.cron import PROGRAMS, cron_unit

SUBJECT = Subject(
    "cron-enabled", "the service cron runs", "jobs of OpenEMM's backend are started by cron", "guide 6.1 no. 6", order=100
)


def check(visit: Visit) -> Iterator[Finding]:
    """Under the name it has on this distribution: enabled, and running."""
    units, known = visit.host.units, visit.host.system.distribution()
    running = bool(visit.host.system.processes([*PROGRAMS, known.cron.removesuffix(".service")]))
    if not units.available():
        told = SUBJECT.fine("it runs") if running else SUBJECT.unknown("systemd does not run this host, and no cron runs")
        yield told
        return
    name = cron_unit(visit.host)
    if name is None:
        packages = " ".join(visit.host.capabilities.provided("cron").packages) if known.supported else "cron"
        yield SUBJECT.stops("no cron is installed", f"{visit.host.os_packages.name} install {packages}")
        return
    state = units.state(name)
    if state.enabled and running:
        yield SUBJECT.fine(f"{name} is enabled and runs")
        return
    remedy = SwitchOn(name)
    measured = f"{name} is {'enabled' if state.enabled else 'disabled'} and {'runs' if running else 'does not run'}"
    tell = SUBJECT.warns if running else SUBJECT.stops
    yield tell(measured, remedy.command, remedy)
