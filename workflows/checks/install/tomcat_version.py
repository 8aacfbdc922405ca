"""Tomcat of a version that the release is known to work with (guide 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.checks.install.versions import judge
from workflows.model.finding import Finding
from workflows.rules.versions import TOMCAT_VERSION

SUBJECT = Subject("tomcat-version", "Tomcat fits the release", "the application may not start in it", "guide 3.1", order=160)


def check(ground: Ground) -> Iterator[Finding]:
    """The one that is there, or would be brought."""
    return judge(ground, SUBJECT, "tomcat", TOMCAT_VERSION, "--tomcat PATH")
