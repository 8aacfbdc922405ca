"""Which of the units that cron is known by a host has."""

from __future__ import annotations

from workflows.host import Host

PROGRAMS = ("cron", "crond")


def cron_unit(host: Host) -> str | None:
    """The distribution's own, else another: a host may be like a distribution and have its cron from elsewhere. None: none."""
    names = dict.fromkeys((host.system.distribution().cron, *(f"{program}.service" for program in PROGRAMS)))
    return next((name for name in names if host.units.state(name).exists), None)
