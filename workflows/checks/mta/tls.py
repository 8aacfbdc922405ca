"""The TLS files that the target's configuration names can be read."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("tls-unreadable", "TLS files", "its configuration names it", order=120)


def check(question: Question) -> Iterator[Finding]:
    """Only when it is installed."""
    new = question.new
    if not new.version():
        return
    if unreadable := question.host.mail.unreadable(new.certificates()):
        yield SUBJECT.stops(f"{unreadable[0]} cannot be read", f"ls -l {unreadable[0]}")
