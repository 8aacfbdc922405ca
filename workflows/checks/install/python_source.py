"""The source of Python that will be built is the one that was meant (guide 12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "python-source", "the source of Python is the one that was meant", "it is run, as OpenEMM's user", "guide 12", order=180
)


def check(ground: Ground) -> Iterator[Finding]:
    """By its digest."""
    source, named = ground.plan.answers.python_source, ground.plan.answers.python_source_sha256
    if source is None:
        return
    try:
        found = ground.host.software.digest(source)
    except OSError as error:
        yield SUBJECT.stops(f"cannot read {source}: {error.strerror}", f"ls -l {source}")
        return
    if named is None:
        yield SUBJECT.stops(
            "its SHA-256 is not given", f"the same command with --python-source-sha256 {found}    when its makers tell the same"
        )
    elif found != named.lower():
        yield SUBJECT.stops(
            f"it has {found}",
            "the same command with --python-source FILE    the one that has it; or with the digest of its makers",
        )
    else:
        yield SUBJECT.fine(source)
