"""What the mailloop service is made of is there; procmail may come with the packages."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("mailloop-incomplete", "the mailloop service", "bounces would be lost", order=110)


def check(question: Question) -> Iterator[Finding]:
    """Its programs in the home."""
    lacking = [what for what in question.host.mail.programs() if "procmail" not in what]
    if lacking:
        yield SUBJECT.stops(f"there is no {lacking[0]}", "orchestrate status    whether a backend is active")
