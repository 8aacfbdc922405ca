"""emm.sh starts nothing where its user may have too few files open (facts 10.2 and 24.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host.application import UNLIMITED
from workflows.model.finding import Finding
from workflows.rules.by_hand import raise_limit

SUBJECT = Subject("open-files", "the user of OpenEMM may have enough files open", order=160)


def check(journey: Journey) -> Iterator[Finding]:
    """What its scripts really get, however that came about."""
    host = journey.host
    files = host.application.open_files()
    if files.limit >= files.wanted:
        yield SUBJECT.fine(str(files.limit) if files.limit < UNLIMITED else "unlimited")
        return
    told = SUBJECT.but(why=f"emm.sh ends below {files.wanted} and starts nothing", source="guide 4.7")
    yield told.stops(f"{files.user} may have {files.limit} open", raise_limit(files))
