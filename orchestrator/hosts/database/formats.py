"""Row formats of OpenEMM's tables, as InnoDB itself tells them, and their conversion (guide 7.6, facts 5.7)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import pymysql
from pymysql.constants import ER

from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.accounts import AdminMissingError, Connection
from orchestrator.hosts.database.faults import LOST, UNKNOWN_TABLE, DatabaseError, errno_of, lost, text_of, told
from orchestrator.hosts.database.inventory import column, quote, server_version
from orchestrator.settings import Settings
from state import faults
from workflows.host.database import COMPACT, DYNAMIC, Formats
from workflows.model.errors import RefusedError

VIEWS = ("innodb_sys_tables", "innodb_tables")  # MariaDB's name, and that of MySQL 8
EARLIER_SECONDS = 60  # how long a conversion that was cut off, and locks on a table, are waited for
_PARTITION, _AUXILIARY = "#", "FTS_"  # a table's partitions; the tables of its full text indexes, converted with it


class ProcessRightError(RefusedError):
    """InnoDB's list of tables may not be read: the right PROCESS is missing. Nothing was changed."""

    key = "process-right-missing"


class RealTableFormats:
    """A `workflows.host.formats.TableFormats`."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is connected yet."""
        self._settings = settings

    def look(self) -> Formats:
        """Asked with the application's account, and where that has not the right PROCESS, with the one that may create databases.

        Raises:
            ProcessRightError: neither has it.
        """
        account, database = accounts.application(self._settings)
        try:
            with account.connect(database) as connection:
                return _look(connection, database)
        except pymysql.err.MySQLError as error:
            if errno_of(error) != ER.SPECIFIC_ACCESS_DENIED_ERROR:
                raise DatabaseError(f"the database refused a question: {text_of(error)}", key="database-refused") from error
        try:
            with told("count the row formats"), accounts.admin(self._settings).connect(database) as connection:
                return _look(connection, database)
        except (AdminMissingError, DatabaseError) as error:
            raise ProcessRightError(
                f"neither {account.user} nor the account that may create databases may read InnoDB's list of tables",
                detail=[error.message], unharmed=["nothing was changed"],
                next=[f"mariadb -e \"GRANT PROCESS ON *.* TO '{account.user}'@'localhost'\"", *error.next],
            ) from None  # fmt: skip

    def convert(self, table: str) -> None:
        """With the application's account, which owns the tables.

        Raises:
            DatabaseError: "convert-failed" naming the table, "database-busy", "database-connection-lost".
        """
        account, database = accounts.application(self._settings)
        with account.connect(database) as connection, _alone(connection, database), _named(table), connection.cursor() as cursor:
            if _is_dynamic(connection, table):
                return  # the server came to the end of it for an attempt that was cut off
            cursor.execute("SET SESSION lock_wait_timeout = %s", (EARLIER_SECONDS,))
            faults.place("statement")
            cursor.execute(f"ALTER TABLE {quote(table)} ROW_FORMAT=DYNAMIC")
            faults.place("statement")


def _look(connection: Connection, database: str) -> Formats:
    sizes = _sizes(connection)
    view, rows = _innodb(connection, database)
    formats: dict[str, set[str]] = {}
    for stored, row_format in rows:
        name = stored.partition("/")[2]
        base = name.partition(_PARTITION)[0] if name not in sizes else name
        if not name.startswith(_AUXILIARY):
            formats.setdefault(sizes.get(base, (base, 0))[0], set()).add(row_format)
    by_name = dict(sizes.values())
    counts: dict[str, int] = {}
    for found in formats.values():
        shown = COMPACT if COMPACT in found else min(found)
        counts[shown] = counts.get(shown, 0) + 1
    compact = {name: by_name.get(name, 0) for name in sorted(formats) if COMPACT in formats[name]}
    return Formats(database, server_version(connection), view, dict(sorted(counts.items())), compact)


def _is_dynamic(connection: Connection, table: str) -> bool:
    """Whether a whole table is; of partitions nothing is believed."""
    sql = (
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s AND ROW_FORMAT = %s "
        "AND CREATE_OPTIONS NOT LIKE '%%partitioned%%'"
    )
    return bool(column(connection, sql, table, DYNAMIC))


def _sizes(connection: Connection) -> dict[str, tuple[str, int]]:
    """By the name InnoDB stores, in which special characters are encoded: the table's name and its bytes."""
    sql = (
        "SELECT CAST(CONVERT(TABLE_NAME USING filename) AS BINARY), TABLE_NAME, IFNULL(DATA_LENGTH + INDEX_LENGTH, 0) "
        "FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'VIEW'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {_text(stored): (str(name), int(size)) for stored, name, size in cursor.fetchall()}


def _innodb(connection: Connection, database: str) -> tuple[str, list[tuple[str, str]]]:
    """The list under whichever of its names this server has it."""
    where = "SUBSTRING_INDEX(NAME, '/', 1) = CAST(CONVERT(%s USING filename) AS BINARY)"
    for view in VIEWS:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT NAME, ROW_FORMAT FROM information_schema.{view} WHERE {where}", (database,))  # noqa: S608
            except pymysql.err.MySQLError as error:
                if errno_of(error) == UNKNOWN_TABLE:
                    continue
                raise
            return view, [(_text(name), _text(row_format)) for name, row_format in cursor.fetchall()]
    raise DatabaseError(
        f"the server has neither information_schema.{' nor information_schema.'.join(VIEWS)}", key="formats-not-known"
    )


@contextlib.contextmanager
def _alone(connection: Connection, database: str) -> Iterator[None]:
    """No other conversion of ours is at work: the server gives the lock back when what it did for a dead client has ended."""
    lock = "orchestrate-" + hashlib.sha256(f"convert {database}".encode()).hexdigest()[:32]
    with told("wait for an earlier conversion"):
        taken = column(connection, "SELECT GET_LOCK(%s, %s)", lock, EARLIER_SECONDS)
    if taken != ["1"]:
        raise DatabaseError(
            "the server is still converting a table for an earlier attempt",
            key="database-busy",
            next=["mariadb -e 'SHOW FULL PROCESSLIST'    what it does", "orchestrate resume    once it has come to its end"],
        )
    yield


@contextlib.contextmanager
def _named(table: str) -> Iterator[None]:
    try:
        yield
    except pymysql.err.MySQLError as error:
        if errno_of(error) in LOST:
            raise lost(error) from error
        raise DatabaseError(
            f"cannot convert table {table}: {text_of(error)}",
            key="convert-failed", command=f"ALTER TABLE {quote(table)} ROW_FORMAT=DYNAMIC",
            next=["orchestrate resume    tries it again", "orchestrate abort     puts the restore point back"],
        ) from error  # fmt: skip


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
