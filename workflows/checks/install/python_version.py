"""Python of a version that the release is known to work with (facts 24.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.checks.install.versions import judge
from workflows.model.finding import Finding
from workflows.rules.versions import PYTHON_VERSION

SUBJECT = Subject("python-version", "Python fits the release", "the backend would not run on it", "facts 24.1", order=170)


def check(ground: Ground) -> Iterator[Finding]:
    """The one that is there, or would be brought."""
    return judge(ground, SUBJECT, "python", PYTHON_VERSION, "--python-source FILE --python-source-sha256 DIGEST")
