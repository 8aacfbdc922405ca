"""A long table name with a foreign collation makes update 20.04.394 fail with 1406 (facts 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

UPDATE = "20.04.394"
SUBJECT = Subject(
    "long-table-names",
    "table names fit the collation update",
    f"update {UPDATE} keeps names in a column of 32 characters and would fail half-way",
    order=110,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Only while that update is still to come."""
    host = journey.host
    if UPDATE in host.database.versions():
        return
    if tables := host.database.long_table_names():
        yield SUBJECT.stops(
            f"over 32 characters: {', '.join(tables[:4])}",
            f"mariadb openemm -e 'ALTER TABLE `{tables[0]}` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'",
        )
    else:
        yield SUBJECT.fine("none over 32 characters")
