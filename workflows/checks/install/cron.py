"""Cron starts what clears up (guide 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.host.units import UnitState
from workflows.model.finding import Finding
from workflows.rules.cron import cron_unit

SUBJECT = Subject("cron", "cron is enabled", "old logs and archives would fill the disk", "guide 3.2", order=40)


def check(ground: Ground) -> Iterator[Finding]:
    """The installation starts it where it does not run."""
    unit = cron_unit(ground.host)
    state = ground.host.units.state(unit) if unit else UnitState(exists=False)
    if state.exists and not (state.enabled and state.active):
        measured = f"{unit} is {'enabled' if state.enabled else 'disabled'} and {'runs' if state.active else 'does not run'}"
        yield SUBJECT.warns(f"{measured}; the installation starts it, and at every boot", f"systemctl enable --now {unit}")
    else:
        yield SUBJECT.fine("yes" if state.exists else "not installed yet")
