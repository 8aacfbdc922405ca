"""Without its database OpenEMM neither plans nor makes a mail."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mail-database",
    "the database answers",
    "mailings, recipients and what is to be sent when are in the database",
    order=80,
)


def check(visit: Visit) -> Iterator[Finding]:
    """With what dbcfg says."""
    try:
        yield SUBJECT.fine(f"server {visit.host.database.ping()}")
    except WorkflowError as error:
        yield SUBJECT.stops(error.message, error.next[0] if error.next else "systemctl status mariadb")
