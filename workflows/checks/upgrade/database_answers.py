"""The database can be reached with what dbcfg says (facts 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

SUBJECT = Subject("database-answers", "the database answers", order=20)


def check(journey: Journey) -> Iterator[Finding]:
    """Connect and ask; an error becomes a finding with the error's own key."""
    host = journey.host
    yield SUBJECT.fine(f"server {host.database.ping()}")
