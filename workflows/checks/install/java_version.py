"""Java of a version that the release is known to work with (guide 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.checks.install.versions import judge
from workflows.model.finding import Finding
from workflows.rules.versions import JAVA_VERSION

SUBJECT = Subject("java-version", "Java fits the release", "the application may not start on it", "guide 3.1", order=150)


def check(ground: Ground) -> Iterator[Finding]:
    """The one that is there, or would be brought."""
    return judge(ground, SUBJECT, "java", JAVA_VERSION, "--java-home PATH")
