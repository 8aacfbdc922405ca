"""Application and tool must mean one database: jdbc-connect of dbcfg against its host=, port and name= (facts 24.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding
from workflows.rules.by_hand import RIGHT, name_one

SUBJECT = Subject(
    "dbcfg-differs",
    "dbcfg names one database",
    "the web application is connected by jdbc-connect; the backend and every dump and update by host= and name=",
    order=30,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Compared as the host resolves its names, and with the server's own port and socket."""
    host = journey.host
    if (other := host.database.other_database()) is not None:
        yield SUBJECT.stops(other.said, name_one(other, host.home_path, f"{RIGHT}; then orchestrate restart"))
    else:
        yield SUBJECT.fine("jdbc-connect, host= and name= mean the same")
