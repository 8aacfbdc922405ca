"""The account of dbcfg may do what update files and the start of a release do: ALL on its own database (facts 5.2, 13.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

SUBJECT = Subject("database-rights", "OpenEMM's database account may change its database", order=50)


def check(journey: Journey) -> Iterator[Finding]:
    """A right that is missing would show half-way through the SQL, with the application stopped."""
    host = journey.host
    rights = host.database.missing_rights()
    if rights is None:
        yield SUBJECT.unknown("its rights come by a role or a pattern and cannot be told")
    elif rights.missing:
        yield SUBJECT.but(why="an update file would fail half-way").stops(
            f"{rights.account} lacks {', '.join(rights.missing)} on {rights.database}",
            f'mariadb -e "GRANT ALL ON {rights.database}.* TO {rights.account}"',
        )
    else:
        yield SUBJECT.fine(f"{rights.account} has all rights on {rights.database}")
