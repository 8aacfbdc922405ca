"""What would be changed; proven in a folder aside."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("configuration", "configuration", order=130)


def check(question: Question) -> Iterator[Finding]:
    """How many settings, and what is odd about those that are there."""
    new = question.new
    if not new.version():
        yield SUBJECT.fine("will be written")
        return
    changes = new.changes(question.plan.name)
    for odd in new.warnings():
        yield SUBJECT.but("configuration-odd").warns(odd)
    yield SUBJECT.fine(f"{len(changes)} settings will change" if changes else "complete")
