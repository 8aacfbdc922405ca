"""Every mail of the old queue can be read: counted, handed over, archived."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("queue", "the queue can be read", order=90)


def check(question: Question) -> Iterator[Finding]:
    """Read them; an error becomes a finding with the error's own key."""
    mails = question.old.queue()
    yield SUBJECT.fine("empty" if not mails else f"{len(mails)} mails")
