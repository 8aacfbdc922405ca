"""Browsers are let in by HTTPS (guide 10)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("https", "browsers reach OpenEMM encrypted", "passwords can be read on their way", "guide 10", order=190)


def check(ground: Ground) -> Iterator[Finding]:
    """Only where a certificate is named; `certificate` judges it."""
    if ground.plan.answers.certificate is None:
        yield SUBJECT.warns(
            "there is no certificate: HTTP only", "the same command with --certificate FILE --certificate-key FILE"
        )
