"""The folders of the configuration can be written."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("read-only", "configuration can be written", "nothing could be configured", order=140)


def check(question: Question) -> Iterator[Finding]:
    """/etc and what lies in it."""
    if shut := question.host.mail.writable():
        yield SUBJECT.stops(f"{shut[0]} is on a file system mounted read-only", f"mount -o remount,rw {shut[0]}")
