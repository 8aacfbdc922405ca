"""Twice the same key in config_tbl makes update 20.01.407 fail with 1062 (facts 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

UPDATE = "20.01.407"
SUBJECT = Subject(
    "duplicate-config-keys",
    "no key stands twice in config_tbl",
    f"update {UPDATE} makes (class, name, hostname) unique and would fail half-way",
    order=100,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Only while that update is still to come."""
    host = journey.host
    if UPDATE in host.database.versions():
        return
    if keys := host.database.duplicate_config_keys():
        name = keys[0].partition(" on ")[0]
        look = f"mariadb openemm -e \"SELECT * FROM config_tbl WHERE CONCAT(class, '.', name) = '{name}'\""  # noqa: S608 a text
        fix = f"{look}    then DELETE the row that is not meant, with LIMIT 1"
        yield SUBJECT.stops(f"twice: {', '.join(keys[:6])}", fix)
    else:
        yield SUBJECT.fine("each key once")
