"""Mails of long ago in the target's queue would be sent when it starts (guide 9.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("target-queue", "the target's queue is empty", order=80)


def check(question: Question) -> Iterator[Finding]:
    """Mails that are held are not sent."""
    new = question.new
    old_mails = [mail for mail in new.queue() if not mail.held] if new.version() else []
    if old_mails:
        why = f"{new.mta.label} would send them when it starts"
        yield SUBJECT.but("target-queue-not-empty", why=why).stops(
            f"{len(old_mails)} mails lie in {new.mta.label}'s queue",
            "orchestrate mta queue    what they are; then send or remove them",
        )
    else:
        yield SUBJECT.fine("yes")
