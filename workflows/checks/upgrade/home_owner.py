"""The home is the user's whom OpenEMM runs as: root touches what lies in it as its owner, and root's own would be no limit."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

SUBJECT = Subject("home-owner", "the home is the user's whom OpenEMM runs as", order=155)


def check(journey: Journey) -> Iterator[Finding]:
    """Of the folder itself (facts 1.1)."""
    host = journey.host
    owner, user = host.home.owner(), host.application.open_files().user
    if owner == user:
        yield SUBJECT.fine(user)
        return
    told = SUBJECT.but(why="its files are touched as its owner, who may do less than that user, or more", source="guide 4")
    yield told.stops(f"{host.home_path} is {owner}'s, and OpenEMM runs as {user}", f"chown {user} {host.home_path}")
