"""Whether mail is being sent now; the gate will wait for it (facts 7)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding
from workflows.rules.window import HORIZON

SUBJECT = Subject("dispatch-idle", "no mail is being sent", "nothing is stopped while mail is being sent", order=170)


def check(journey: Journey) -> Iterator[Finding]:
    """A warning only: the run waits by itself."""
    host = journey.host
    active = [*host.database.dispatches(HORIZON), *host.application.pending_mail()]
    if active:
        told = "; ".join(dispatch.what for dispatch in active[:4])
        yield SUBJECT.warns(told, "the upgrade waits for it; --window HH:MM-HH:MM chooses the time")
    else:
        yield SUBJECT.fine("idle")
