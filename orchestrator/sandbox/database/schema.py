"""The database of a sandbox as an installed and once-started 19.10.000.170 leaves it (facts 13.1, 13.7, 17.2)."""

from __future__ import annotations

from collections.abc import Iterator
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
        for statement in _statements("tables.sql"):
            cursor.execute(statement)
        for number in range(1, companies + 1):
            _add_company(cursor, number)
        for statement in _statements("data.sql"):
            cursor.execute(statement)
        cursor.executemany(
            "INSERT INTO agn_dbversioninfo_tbl VALUES (%s, CURRENT_USER, '2020-03-10')",
            [(version,) for version in [*history(), *update_versions("19.10")]],
        )
        cursor.executemany(
            "INSERT INTO permission_tbl (permission_name, category, feature_package) VALUES (%s, %s, %s)",
            [
                (name, name.partition(".")[0], "premium" if name.startswith("premium") else None)
                for name in [*permissions("19.10"), *OLDER_THAN_19_10]
            ],
        )
        for statement in _rights():
            cursor.execute(statement)
        cursor.execute(
            "INSERT INTO company_permission_tbl SELECT 1, permission_name FROM permission_tbl WHERE category = 'mailing'"
        )
        _add_recipients(cursor, recipients)
    connection.commit()


def history() -> list[str]:
    """The 113 versions that were in the full schema file of 19.10, ascending."""
    months = [f"{year}.{month}" for year in (16, 17, 18) for month in ("01", "04", "07", "10")]
    numbers = [f"{month}.{13 + 61 * step + place:03}" for place, month in enumerate(months) for step in range(9)]
    return [*numbers, "19.01.102", "19.01.233", "19.01.377", "19.01.508", LAST_OF_HISTORY]


def _statements(name: str) -> Iterator[str]:
    text = (resources.files(__package__) / "sql" / "schema" / name).read_text(encoding="utf-8")
    for part in text.strip().split("\n\n"):
        lines = [line for line in part.splitlines() if not line.startswith("--")]
        if lines:
            statement = "\n".join(lines)
            yield statement + (TABLE_OPTIONS if lines[0].startswith("CREATE TABLE") and statement.endswith(")") else "")


def _rights() -> Iterator[str]:
    text = "\n".join(line for line in userrights_text("19.10").splitlines() if not line.startswith("--"))
    yield from (statement for part in text.split(";\n") if (statement := part.strip().rstrip(";")))


def _add_company(cursor: pymysql.cursors.Cursor, number: int) -> None:
    status = "active" if number == 1 else OTHER_STATUSES[(number - 2) % len(OTHER_STATUSES)]
    cursor.execute(
        "INSERT INTO company_tbl (company_id, shortname, description, status, rdir_domain, mailloop_domain, secret_key, maxadminmails,"
        " expire_stat, max_fields, max_login_fails, login_block_time) VALUES (%s, %s, NULL, %s, %s, %s, MD5(%s), %s, %s, %s, %s, 300)",
        (
            number, f"Company {number}", status, "https://news.sandbox.test", "loop.sandbox.test", number,
            100 + 10 * number, 1100 - number, 60 + number, 2 + number,
        ),
    )  # fmt: skip
    for statement in _statements("company.sql"):
        cursor.execute(statement.replace("{n}", str(number)))


def _add_recipients(cursor: pymysql.cursors.Cursor, count: int) -> None:
    for first in range(1, count + 1, BATCH):
        last = min(first + BATCH - 1, count)
        numbers = f"seq_{first}_to_{last}"  # a table of the server's SEQUENCE engine
        cursor.execute(
            "INSERT INTO customer_1_tbl (customer_id, gender, firstname, lastname, email, facebook_status, creation_date)"
            " SELECT seq, seq % 3, ELT(1 + seq % 4, 'Jürgen', 'Zoë', 'Anna', NULL), ELT(1 + seq % 3, 'Müller', 'O''Hara; Jr.', '李 😀'),"
            f" CONCAT('r', seq, '@domain', seq % 50, '.test'), IF(seq % 7 = 0, 1, NULL), '2020-01-15 12:00:00' FROM {numbers}"
        )
        cursor.execute(
            "INSERT INTO customer_1_binding_tbl (customer_id, mailinglist_id, user_type, user_status)"
            f" SELECT seq, 1, IF(seq <= 2, 'A', 'W'), IF(seq % 20 = 0, 2, 1) FROM {numbers}"
        )
        cursor.connection.commit()
