"""A backup counts when it can be restored: an account that may create databases, and a scratch server (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

SUBJECT = Subject("restore-possible", "a dump can be made and restored here", order=140)


def check(journey: Journey) -> Iterator[Finding]:
    """Prove it; an error becomes a finding with the error's own key."""
    host = journey.host
    host.backups.can_restore()
    yield SUBJECT.fine("databases can be created, a scratch server can run")
