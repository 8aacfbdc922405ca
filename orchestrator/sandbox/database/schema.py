"""The database of a sandbox as an installed and once-started 19.10.000.170 leaves it (facts 13.1, 13.7, 17.2)."""

from __future__ import annotations

from importlib import resources
from typing import TypeAlias

import pymysql

from orchestrator.sandbox.database.bundles import update_versions
from orchestrator.sandbox.database.rights import OLDER_THAN_19_10, permissions, userrights_text

Connection: TypeAlias = "pymysql.connections.Connection[pymysql.cursors.Cursor]"

LAST_OF_HISTORY = "19.01.634"  # what the full schema file of 19.10 records last, before the updates of its own bundle
OTHER_STATUSES = ("active", "inactive", "locked")
TABLE_OPTIONS = " ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
BATCH = 50_000


def create_schema(connection: Connection, *, recipients: int = 0, companies: int = 1) -> None:
    """Create the schema and data of 19.10 in the empty database that is selected on the connection.

    Args:
        connection: its user needs all rights on the database.
        recipients: rows of customer_1_tbl, each with a binding to mailing list 1.
        companies: how many; those after the first are active, inactive and locked in turn.

    Raises:
        pymysql.MySQLError: the database is not empty, or its server refuses.
    """
    with connection.cursor() as cursor:
        _run(cursor, _read("tables.sql"))
        cursor.executemany(
            "INSERT INTO agn_dbversioninfo_tbl VALUES (%s, CURRENT_USER, '2020-03-10')",
            [(version,) for version in [*history(), *update_versions("19.10")]],
        )
        cursor.executemany(
            "INSERT INTO permission_tbl (permission_name, category, feature_package) VALUES (%s, %s, %s)",
            [(name, name.partition(".")[0], None) for name in permissions("19.10")]
            + [(name, "premium", "premium") for name in OLDER_THAN_19_10],
        )
        for number in range(1, companies + 1):
            status = "active" if number == 1 else OTHER_STATUSES[(number - 2) % len(OTHER_STATUSES)]
            _run(cursor, _read("company.sql").replace("{n}", str(number)).replace("{status}", status))
        _run(cursor, _read("data.sql"))
        _run(cursor, userrights_text("19.10").replace(";\n", "\n\n"))
        for first in range(1, recipients + 1, BATCH):
            last = min(first + BATCH - 1, recipients)
            _run(cursor, _read("recipients.sql").replace("{first}", str(first)).replace("{last}", str(last)))
            connection.commit()
    connection.commit()


def history() -> list[str]:
    """The 113 versions that were in the full schema file of 19.10, ascending."""
    months = [f"{year}.{month}" for year in (16, 17, 18) for month in ("01", "04", "07", "10")]
    numbers = [f"{month}.{13 + 61 * step + place:03}" for place, month in enumerate(months) for step in range(9)]
    return [*numbers, "19.01.102", "19.01.233", "19.01.377", "19.01.508", LAST_OF_HISTORY]


def _read(name: str) -> str:
    return (resources.files(__package__) / "sql" / "schema" / name).read_text(encoding="utf-8")


def _run(cursor: pymysql.cursors.Cursor, text: str) -> None:
    """Run statements that blank lines end; a CREATE TABLE without options of its own gets the usual ones."""
    for part in text.split("\n\n"):
        statement = "\n".join(line for line in part.splitlines() if not line.startswith("--"))
        if statement.startswith("CREATE TABLE") and statement.endswith(")"):
            statement += TABLE_OPTIONS
        if statement:
            cursor.execute(statement)
