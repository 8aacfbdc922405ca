"""The connection on which an update file runs, and the marks by which a later one knows what was committed (DESIGN 3.3)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal

import pymysql
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS

from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.faults import ABSENT, LOST, DatabaseError, errno_of, lost, text_of
from orchestrator.hosts.database.inventory import MARK_TABLE, quote
from state import faults
from workflows.host.database import SqlError
from workflows.rules.sql.classify import LAST_INSERT_ID

EARLIER_SECONDS = 60  # how long a statement of a session that was cut off is waited for
_KINDS = ("TABLE", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT")
_AUTO_INCREMENT = re.compile(r"(\n\).*?) AUTO_INCREMENT=\d+")
_ALL = """
    SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
    UNION SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
    UNION SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1
"""


class RealSqlSession:
    """A `workflows.host.database.SqlSession` on a connection of its own."""

    def __init__(self, connection: Connection, database: str) -> None:
        """Take over a fresh connection; wait until no earlier session of ours is at work on this database, make the marks' table.

        Raises:
            DatabaseError: "database-busy": an earlier session's statement still runs.
        """
        self._connection = connection
        self._marks = f"{quote(database)}.{MARK_TABLE}"
        # The server gives the lock back only when what it did for a client that died has come to its end.
        lock = "orchestrate-" + hashlib.sha256(database.encode()).hexdigest()[:32]
        if self._query("SELECT GET_LOCK(%s, %s)", lock, EARLIER_SECONDS) != [(1,)]:
            holder = self._query("SELECT IS_USED_LOCK(%s)", lock)[0][0]
            connection.close()
            raise DatabaseError(
                f"an SQL statement of an earlier attempt still runs on the server, in connection {holder}",
                key="database-busy",
                next=["mariadb -e 'SHOW FULL PROCESSLIST'    what it does", "orchestrate resume    once it has come to its end"],
            )
        # The collation is the one that update 20.04.394 would give it, so that no update file finds it worth a change.
        self._query(
            f"CREATE TABLE IF NOT EXISTS {self._marks} (mark VARCHAR(200) NOT NULL PRIMARY KEY, kept LONGTEXT NULL) "
            "ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        )

    def execute(self, statement: str, mark: str | None = None, keep: Collection[str] = ()) -> None:
        """Run one statement, and with a mark commit both together."""
        if mark is None:
            self._run(statement)
            return
        try:
            if not self._connection.server_status & SERVER_STATUS_IN_TRANS:  # type: ignore[attr-defined]  # the stubs miss it
                self._query("START TRANSACTION")
            self._run(statement)
            kept = json.dumps(dict(self.session_values(keep))) if keep else None
            self._query(f"INSERT INTO {self._marks} (mark, kept) VALUES (%s, %s)", mark, kept)  # noqa: S608
            self._query("COMMIT")
        except SqlError:
            self._query("ROLLBACK")
            raise

    def marked(self, mark: str) -> bool:
        """Whether it was committed."""
        return bool(self._query(f"SELECT 1 FROM {self._marks} WHERE mark = %s", mark))  # noqa: S608

    def kept(self, mark: str) -> Mapping[str, str | int | None]:
        """The values committed with it."""
        rows = self._query(f"SELECT kept FROM {self._marks} WHERE mark = %s", mark)  # noqa: S608
        values: dict[str, str | int | None] = json.loads(str(rows[0][0])) if rows and rows[0][0] is not None else {}
        return values

    def fingerprint(self, objects: Collection[str]) -> str:
        """SHA-256 over what SHOW CREATE says of each, "absent" where it is not; a table's next number is left out."""
        names = sorted(objects) if objects else [str(row[0]) for row in self._query(_ALL)]
        found = [self._definitions(name) for name in names if name.lower() != MARK_TABLE]
        return hashlib.sha256(json.dumps([names, found]).encode()).hexdigest()

    def session_values(self, names: Collection[str]) -> Mapping[str, str | int | None]:
        """Their values now, those left out that cannot be kept."""
        if not names:
            return {}
        order = sorted(names)
        row = self._query("SELECT " + ", ".join(map(_expression, order)))[0]
        values = {name: _plain(value) for name, value in zip(order, row, strict=True)}
        return {name: value for name, value in values.items() if not isinstance(value, bytes)}

    def set_session_values(self, values: Mapping[str, str | int | None]) -> None:
        """Set them."""
        for name, value in values.items():
            if name == LAST_INSERT_ID:
                self._query("SELECT LAST_INSERT_ID(%s)", value)
            else:
                self._query(f"SET {_expression(name)} = %s", value)

    def close(self) -> None:
        """End the connection; what is not committed is lost."""
        if self._connection.open:
            self._connection.close()

    def _definitions(self, name: str) -> list[str]:
        """All that bears this name, and the triggers of a table."""
        schema, _, plain = name.rpartition(".")
        full = f"{quote(schema)}.{quote(plain)}" if schema else quote(plain)
        found = []
        for kind in _KINDS:
            try:
                rows = self._query(f"SHOW CREATE {kind} {full}")
            except SqlError as error:
                if error.errno not in ABSENT:
                    raise
                found.append("absent")
            else:
                found.append(_AUTO_INCREMENT.sub(r"\1", json.dumps(rows[0], default=str).replace("\\n", "\n")))
        where = f"FROM {quote(schema)} " if schema else ""
        triggers = self._query(f"SHOW TRIGGERS {where}WHERE `Table` = %s", plain)
        return [*found, json.dumps([row[:5] for row in triggers], default=str)]

    def _run(self, statement: str) -> None:
        """The statement of the file itself, all of its results read."""
        faults.place("statement")
        self._query(statement)
        faults.place("statement")

    def _query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                rows = list(cursor.fetchall())
                while cursor.nextset():
                    cursor.fetchall()
                return rows
        except pymysql.err.MySQLError as error:
            if errno_of(error) in LOST:
                raise lost(error) from error
            raise SqlError(errno_of(error), text_of(error)) from error


def _expression(name: str) -> str:
    return LAST_INSERT_ID if name == LAST_INSERT_ID else "@" + quote(name)


def _plain(value: object) -> str | int | bytes | None:
    if value is None or isinstance(value, str | int | bytes):
        return value
    return str(value) if isinstance(value, Decimal | float) else b""
