"""The URL of the answers can be one (guide 5.4)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.rules.configuration import split_url

SUBJECT = Subject("url", "the server's URL", "links in mailings are made of it", "guide 5.4", order=90)


def check(ground: Ground) -> Iterator[Finding]:
    """It is taken apart."""
    try:
        url, _ = split_url(ground.plan.answers.url)
    except WorkflowError as error:
        yield SUBJECT.stops(error.message, "the same command with --url URL    another one")
    else:
        yield SUBJECT.fine(url)
