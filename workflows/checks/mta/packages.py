"""What the target needs is installed or can be."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

SUBJECT = Subject("packages", "packages", "no repository offers it", order=50)


def check(question: Question) -> Iterator[Finding]:
    """As its package manager says."""
    manager, wanted = question.host.os_packages, question.new.packages
    there = manager.installed(wanted)
    lacking = [package for package in wanted if package not in there]
    if not lacking:
        yield SUBJECT.fine("installed")
    elif gone := manager.missing(lacking):
        yield SUBJECT.but("package-unavailable").stops(
            f"{manager.name} cannot install {', '.join(gone)}", f"{manager.ask}    then add the one that does"
        )
    else:
        yield SUBJECT.fine(f"{', '.join(lacking)} will be installed")
