"""Reason 6: the service cron is disabled (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.remedies import SwitchOn
from workflows.host.system import Family
from workflows.model.finding import Finding

PROGRAMS = ("cron", "crond")
SUBJECT = Subject(
    "cron-enabled", "the service cron runs", "jobs of OpenEMM's backend are started by cron", "guide 6.1 no. 6", order=100
)


def check(visit: Visit) -> Iterator[Finding]:
    """Under the name it has on this distribution: enabled, and running."""
    units = visit.host.units
    running = bool(visit.host.system.processes(PROGRAMS))
    if not units.available():
        told = SUBJECT.fine("it runs") if running else SUBJECT.unknown("systemd does not run this host, and no cron runs")
        yield told
        return
    found = {name: state for name in (f"{program}.service" for program in PROGRAMS) if (state := units.state(name)).exists}
    if not found:
        packages = _package(visit)
        yield SUBJECT.stops("no cron is installed", f"{visit.host.os_packages.name} install {packages}")
        return
    name, state = next(iter(found.items()))
    if state.enabled and running:
        yield SUBJECT.fine(f"{name} is enabled and runs")
        return
    remedy = SwitchOn(name)
    measured = f"{name} is {'enabled' if state.enabled else 'disabled'} and {'runs' if running else 'does not run'}"
    tell = SUBJECT.warns if running else SUBJECT.stops
    yield tell(measured, remedy.command, remedy)


def _package(visit: Visit) -> str:
    return "cron" if visit.host.system.distribution().family is Family.DEBIAN else "cronie"
