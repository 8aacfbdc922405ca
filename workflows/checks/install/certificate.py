"""The certificate, with its key and chain (guide 10)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.rules.certificate import require_usable

SUBJECT = Subject("certificate", "the certificate is good", "browsers could not reach OpenEMM", "guide 10", order=200)


def check(ground: Ground) -> Iterator[Finding]:
    """What the step would fail with is found now, in the same words."""
    answers = ground.plan.answers
    if answers.certificate is None:
        return  # `https` says so
    try:
        require_usable(ground.host, answers.certificate, answers.certificate_key, answers.certificate_chain)
        yield SUBJECT.fine(answers.certificate)
    except WorkflowError as error:
        if error.error_key == "openssl-missing":  # a step of the run installs it, and another looks then
            yield SUBJECT.unknown("openssl is not installed yet; the run looks before it writes server.xml")
        else:
            yield SUBJECT.stops(error.message, error.next[0])
