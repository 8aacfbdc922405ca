"""Reason 2: the mail server has not been started, or will not be after the next boot."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.remedies import SwitchOn
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mta-started", "the mail server was started, and will be at every boot", "mails wait until it is started",
    "guide 6.1 no. 2", order=40,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """By its unit; one that ran and ended is reason 3."""
    mta = visit.decision.mta
    if mta not in visit.installed:
        return
    unit = visit.server.units[0]
    if not visit.host.units.available():
        yield SUBJECT.unknown("systemd does not run this host")
        return
    story = visit.host.units.state(unit)
    if mta in visit.running:
        if story.exists and not story.enabled:
            remedy = SwitchOn(unit) if story.state == "active" else None
            fix = f"systemctl enable {unit}"
            measured = f"{mta.label} runs, but {unit} is not enabled: it will not start at the next boot"
            yield SUBJECT.warns(measured, fix, remedy)
        else:
            yield SUBJECT.fine(f"{unit} is enabled and runs" if story.exists else f"{mta.label} runs without a unit")
    elif story.started is None and not visit.running:
        enabled = "enabled" if story.enabled else "not enabled"
        measured = f"{unit} is {enabled} and {story.state}: it has not come up since the boot"
        yield SUBJECT.stops(measured, f"systemctl enable --now {unit}    journalctl -u {unit} says why it fails, if it does")
