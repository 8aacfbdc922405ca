"""Sendmail hangs for 60 s without a full name, and Postfix would send as localhost."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("fqdn", "the host has a full name", "mail would be sent in the name of localhost", order=60)


def check(question: Question) -> Iterator[Finding]:
    """A name with a domain."""
    name = question.host.network.full_name()
    if name is None:
        fix = "hostnamectl set-hostname HOST.DOMAIN    and the same name in /etc/hosts"
        yield SUBJECT.but("fqdn-missing").stops("its name has no domain", fix)
    else:
        yield SUBJECT.fine(name)
