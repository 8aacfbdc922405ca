"""Reason 3: the mail server was started and is no longer running."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mta-running", "the mail server is running", "mails wait in its queue until it runs again", "guide 6.1 no. 3", order=50
)


def check(visit: Visit) -> Iterator[Finding]:
    """By its processes: a unit may say active over a dead master (LAB); one that never ran is reason 2."""
    mta, server = visit.decision.mta, visit.server
    if mta not in visit.installed:
        return
    if mta in visit.running:
        yield SUBJECT.fine(f"{mta.label}, process {server.processes()[0]}")
        return
    if visit.running:
        return  # mta-active says so
    unit = server.units[0]
    if not visit.host.units.available():
        yield SUBJECT.stops(f"there is no process of {mta.label}", f"{mta.value} start")
        return
    story = visit.host.units.state(unit)
    if story.started is not None:
        since = f" since {story.ended:%Y-%m-%d %H:%M} UTC" if story.ended else ""
        measured = f"there is no process of {mta.label}; {unit} is {story.state}{since}"
        yield SUBJECT.stops(measured, f"systemctl restart {unit}    journalctl -u {unit} says why it ended")
