"""Reason 6: the service cron is disabled (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.doctor.subject import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.remedies import SwitchOn
from workflows.model.finding import Finding

PROGRAMS = ("cron", "crond")
SUBJECT = Subject("cron-enabled", "the service cron runs", "jobs of OpenEMM's backend are started by cron", "guide 6.1 no. 6")


def check(visit: Visit) -> Iterator[Finding]:
    """Under the name it has on this distribution: enabled, and running."""
    vitals = visit.host.vitals
    running = bool(vitals.processes(PROGRAMS))
    if not vitals.systemd():
        told = SUBJECT.fine("it runs") if running else SUBJECT.unknown("systemd does not run this host, and no cron runs")
        yield told
        return
    units = {name: story for name in (f"{program}.service" for program in PROGRAMS) if (story := vitals.unit(name)).exists}
    if not units:
        packages = _package(visit)
        yield SUBJECT.stops("no cron is installed", f"{visit.host.mail.packages.name} install {packages}")
        return
    name, story = next(iter(units.items()))
    if story.enabled and running:
        yield SUBJECT.fine(f"{name} is enabled and runs")
        return
    remedy = SwitchOn(name)
    measured = f"{name} is {'enabled' if story.enabled else 'disabled'} and {'runs' if running else 'does not run'}"
    found = SUBJECT.warns if running else SUBJECT.stops
    yield found(measured, remedy.command, remedy)


def _package(visit: Visit) -> str:
    return "cron" if visit.host.mail.distribution() == "debian" else "cronie"
