"""The clocks of host and database (facts 10.1): mailings are planned by the one and looked for by the other."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

MOST = 60.0  # seconds
SUBJECT = Subject("clock", "host and database have the same time", "mailings begin too late, or never", order=200)


def check(visit: Visit) -> Iterator[Finding]:
    """To a minute."""
    ahead = visit.host.database.clock_ahead()
    if abs(ahead) > MOST:
        measured = f"the database is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this host"
        yield SUBJECT.warns(measured, "let chronyd or systemd-timesyncd set both clocks")
    else:
        yield SUBJECT.fine("yes")
