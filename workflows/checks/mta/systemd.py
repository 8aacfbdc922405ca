"""The units of the mail servers are systemd's."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("systemd", "systemd runs this host", "a mail server is stopped and started as a unit", order=10, decisive=True)


def check(question: Question) -> Iterator[Finding]:
    """Without it nothing else is asked."""
    if question.host.units.available():
        yield SUBJECT.fine("yes")
    else:
        yield SUBJECT.but("systemd-missing").stops("systemd does not run here", "switch on the host itself, not in a sandbox")
