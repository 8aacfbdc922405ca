"""Sendmail is not for SLES, nor for Debian, nor for lines from 23.10 on (guide 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.host.system import Family
from workflows.model.answers import Mta
from workflows.model.finding import Finding
from workflows.model.version import Version
from workflows.rules.mta import LAST_WITH_SENDMAIL

SUBJECT = Subject("sendmail-unsupported", "the release supports it", "Sendmail's support ended with 23.04", order=40)
SLES = SUBJECT.but("sendmail-not-on-sles", title="the system offers it", why="guide 4.3")
DEBIAN = SUBJECT.but("sendmail-not-on-debian", title="OpenEMM works with it here", why="facts 12")


def check(question: Question) -> Iterator[Finding]:
    """Only when it is the target."""
    if question.plan.new is not Mta.SENDMAIL:
        return
    family = question.host.system.distribution().family
    if family is Family.SUSE:
        yield SLES.stops("SLES does not offer Sendmail", "stay with Postfix")
    if family is Family.DEBIAN:
        yield DEBIAN.stops("OpenEMM does not know the places where Debian puts it", "stay with Postfix")
    version = question.plan.hop.source
    if Version.parse(Version.parse(version).line) > LAST_WITH_SENDMAIL:
        yield SUBJECT.stops(f"OpenEMM {version} works with Postfix only", "stay with Postfix")
