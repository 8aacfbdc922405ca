"""What a database holds, so far as a dump must bring it back: rows per table, recorded versions, and objects by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pymysql
from pymysql.constants import ER

from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.faults import ALTERED, errno_of

MARK_TABLE = "orchestrate_mark_tbl"  # ours, for the time of an upgrade only; in no backup
VERSION_TABLE = "agn_dbversioninfo_tbl"
_OBJECTS = """
    SELECT 'view', TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %(name)s
    UNION ALL SELECT 'trigger', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %(name)s
    UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %(name)s
    UNION ALL SELECT 'event', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %(name)s
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Inventory:
    """rows: exact, per table. versions: the set of facts 13.1. objects: as "view x", "trigger y", "procedure z"."""

    rows: Mapping[str, int]
    versions: frozenset[str]
    objects: frozenset[str]


def quote(name: str) -> str:
    """A name as SQL wants it."""
    return "`" + name.replace("`", "``") + "`"


def pattern(database: str) -> str:
    """A database's name as GRANT takes it, where _ and % stand for anything."""
    return database.replace("_", "\\_").replace("%", "\\%")


def take(connection: Connection, database: str) -> Inventory:
    """Count all. Within a transaction with a consistent snapshot, rows are as of its start."""
    counted = rows(connection, database)
    found: frozenset[str] = frozenset()
    if VERSION_TABLE in counted:
        found = frozenset(column(connection, f"SELECT version_number FROM {quote(database)}.{VERSION_TABLE}"))  # noqa: S608
    return Inventory(counted, found, frozenset(f"{kind} {name}" for kind, name in objects(connection, database)))


def rows(connection: Connection, database: str, except_for: Collection[str] = ()) -> dict[str, int]:
    """Rows per table, but of these (names in lower case) and of our own marks."""
    left_out = {MARK_TABLE, *except_for}
    names = [table for table in tables(connection, database) if table.lower() not in left_out]
    counts = {table: count_rows(connection, database, table) for table in names}
    return {table: count for table, count in counts.items() if count is not None}


def tables(connection: Connection, database: str) -> list[str]:
    """Everything that holds rows, in the order of names."""
    sql = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE <> 'VIEW' ORDER BY 1"
    return column(connection, sql, database)


def objects(connection: Connection, database: str) -> list[tuple[str, str]]:
    """What cannot be renamed from one database to another: (kind, name), by kind."""
    with connection.cursor() as cursor:
        cursor.execute(_OBJECTS, {"name": database})
        return [(str(kind), str(name)) for kind, name in cursor.fetchall()]


def count_rows(connection: Connection, database: str, table: str) -> int | None:
    """Rows of a table; None when it went away, or was rebuilt, since the connection's snapshot."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT COUNT(*) FROM {quote(database)}.{quote(table)}")  # noqa: S608 - quoted
        except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as error:
            if errno_of(error) in {ER.NO_SUCH_TABLE, ALTERED}:
                return None
            raise
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def column(connection: Connection, sql: str, *values: object) -> list[str]:
    """The first column of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [str(row[0]) for row in cursor.fetchall()]


def server_version(connection: Connection) -> str:
    """As the server tells it: 10.11.19-MariaDB-..."""
    return column(connection, "SELECT VERSION()")[0]


def database_size(connection: Connection, database: str) -> int:
    """Bytes of data and index, as the server knows them: a dump, compressed, needs no more."""
    sql = "SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    return int(column(connection, f"SELECT CAST(COALESCE(({sql}), 0) AS UNSIGNED)", database)[0])


def differences(expected: Inventory, found: Inventory, *, except_rows_of: Collection[str] = ()) -> list[str]:
    """What is not as expected, one line a thing with both values; case in names does not count (guide 3.8).

    except_rows_of: tables that were written to while the dump was taken.
    """
    moved = {name.lower() for name in except_rows_of}
    wanted, there = _lower(expected.rows), _lower(found.rows)
    lines = [
        f"table {name}: {_rows(wanted.get(name))} expected, {_rows(there.get(name))} restored"
        for name in sorted((wanted.keys() | there.keys()) - moved)
        if wanted.get(name) != there.get(name)
    ]
    lines += _sets("database version", expected.versions, found.versions)
    return lines + _sets("", {name.lower() for name in expected.objects}, {name.lower() for name in found.objects})


def _lower(rows: Mapping[str, int]) -> dict[str, int]:
    return {name.lower(): count for name, count in rows.items()}


def _rows(count: int | None) -> str:
    return "no table" if count is None else f"{count} rows"


def _sets(what: str, expected: Iterable[str], found: Iterable[str]) -> list[str]:
    wanted, there = set(expected), set(found)
    missing = [f"{what} {name}: missing".strip() for name in sorted(wanted - there)]
    return missing + [f"{what} {name}: not expected".strip() for name in sorted(there - wanted)]
