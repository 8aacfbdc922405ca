"""Mailings that should be on their way and do not move (facts 7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

SHOWN = 3
SUBJECT = Subject(
    "mailings-stalled",
    "no mailing has come to a halt",
    "its mails have not been made, so there is nothing to send",
    order=160,
)


def check(visit: Visit) -> Iterator[Finding]:
    """Planned for a time that has passed, or generating for longer than the vendor's own rule allows; of the last week."""
    stalled = visit.host.database.stalled()
    if stalled:
        told = [f"mailing {one.mailing} {one.what} {one.since:%Y-%m-%d %H:%M} UTC" for one in stalled[:SHOWN]]
        told += [f"{len(stalled) - SHOWN} more"] if len(stalled) > SHOWN else []
        yield SUBJECT.stops("; ".join(told), "orchestrate restart    then look into the backend's log below var/log")
    else:
        yield SUBJECT.fine("none")
