"""wkhtmltopdf makes previews and PDF files (guide 4.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("wkhtmltox", "previews can be made", "previews and PDF files are missing without it", "guide 4.5", order=210)


def check(ground: Ground) -> Iterator[Finding]:
    """Said only when it is neither there nor named."""
    if ground.plan.answers.wkhtmltox is None and ground.host.software.program("wkhtmltopdf") is None:
        yield SUBJECT.warns("it is left out", "the same command with --wkhtmltox FILE    the package of its makers")
