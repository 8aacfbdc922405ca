"""Blocks of mail that nobody hands to the mail server (guide 9.5, facts 7.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

LONG = 900.0  # seconds; pickdist takes a block within 30
SUBJECT = Subject(
    "blocks-waiting", "no block of mail lies about",
    "pickdist hands blocks of var/spool/META to xmlback, which makes mails of them",
    "guide 9.5", order=150,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """Due for a quarter of an hour, with no xmlback at work."""
    pending = visit.host.application.pending_mail()
    now = visit.host.system.now()
    at_work = any(one.key == "sending" for one in pending)
    due = [one for one in pending if one.key == "blocks"]
    stuck = [one for one in due if one.since and (now - one.since).total_seconds() > LONG]
    if stuck and not at_work:
        yield SUBJECT.stops(
            "; ".join(one.what for one in stuck[:3]), "orchestrate restart --ignore-dispatch    blocks stay on the disk"
        )
    else:
        yield SUBJECT.fine("; ".join(one.what for one in due[:3]) or "none")
