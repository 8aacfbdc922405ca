"""MTA in the environment wins over all that a switch can set (facts 12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.host.mail import Source
from workflows.model.finding import Finding

SUBJECT = Subject("mta-environment", "MTA is not set", "it wins over alternatives and units (facts 12)", order=30)


def check(question: Question) -> Iterator[Finding]:
    """Unless it names the server that takes over."""
    for clue in question.host.mail.clues():
        if clue.source is Source.ENVIRONMENT and clue.says not in (None, question.plan.target):
            yield SUBJECT.stops(clue.detail, "remove it there, and restart the backend")
