"""Triggers, routines, events and views: what the server says of each, made again by a statement of its own (DESIGN 3.13).

OpenEMM's account writes them, and an administrator makes them again. In a text for a client a body could end its own statement,
and what follows would be the administrator's. So each is what SHOW CREATE says, with the session that it was made in, and goes
back over the protocol, which takes one statement at a time. In a file they stand as a text that a client could read, for a
restore by hand; we take it apart at its delimiter, which is drawn anew for each text and stands in none of them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pymysql

from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.database import inventory
from orchestrator.hosts.database.accounts import Account, Connection
from orchestrator.hosts.database.faults import LOST, errno_of, lost, text_of
from orchestrator.hosts.database.inventory import quote

Definition = tuple[bytes, ...]  # the statements for one object: its session, then what makes it, each as it goes to the server


@dataclass(frozen=True)
class Definitions:
    """Those of a database. server: its version, which words them."""

    server: str
    each: tuple[Definition, ...]

    def differ(self, found: Definitions) -> list[str]:
        """What is not as it was, where the same server words both; of a view, which is kept reworded, its name."""
        if self.server != found.server:
            return []
        there = {_compared(one) for one in found.each}
        return [f"not as it was: {_shown(one)}" for one in self.each if _compared(one) not in there]


TRAILER = b"-- Dump completed"
_HEADER = re.compile(rb"-- Triggers, routines, events and views of a server (\S+)\nDELIMITER (\w+)\n")
_END = b"DELIMITER ;\n" + TRAILER + b"\n"
_ORDER = ("package", "package body", "function", "procedure", "trigger", "event", "view")  # views may use functions
_SESSION = ("sql_mode", "time_zone", "character_set_client", "collation_connection")
_PLAIN = re.compile(r"[\w,/+:.~-]*")
_VIEW = re.compile(rb"CREATE ALGORITHM=\w+ .*? VIEW `(?:[^`]|``)*` AS ", re.DOTALL)
_DATABASE = b"ALTER DATABASE COLLATE "
_SHOWN = 200
_TRIGGERS = """
    SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s
    ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER
"""
_COMMENTS = """
    SELECT ROUTINE_COMMENT FROM information_schema.ROUTINES
    WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_NAME = %(name)s AND ROUTINE_TYPE = UPPER(%(kind)s)
    UNION ALL SELECT EVENT_COMMENT FROM information_schema.EVENTS
    WHERE EVENT_SCHEMA = DATABASE() AND EVENT_NAME = %(name)s AND %(kind)s = 'event'
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "''", "\n": "\\n", "\r": "\\r", "\0": "\\0"})  # as the server does
_COLLATION = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
_NAME = rb"`(?:[^`]|``)*`"
_DEFINER = re.compile(
    rb"^(/\*!50013 |(?:/\*!\d+ )?CREATE(?:\*/)? (?:/\*!\d+ )?)DEFINER=" + _NAME + b"@" + _NAME + b" ?", re.MULTILINE
)
_ALTER = rb"^ALTER DATABASE `%s` (?=CHARACTER SET )"


def read(account: Account, database: str) -> Definitions:
    """All of a database, in an order in which each may be made.

    Raises:
        BackupError: "dump-failed": the account may not see one.
        DatabaseError, pymysql errors: the server refused.
    """
    with account.connect(database) as connection:
        collation = "".join(inventory.column(connection, _COLLATION, database))
        server = _plain(inventory.server_version(connection))
        names = _names(connection, database)
        with connection.cursor() as cursor:
            cursor.execute("SET character_set_results = binary")  # each is kept in the character set that it was written in
        found = [(kind, name, _read(connection, account, kind, name, collation)) for kind, name in names]
        return Definitions(server, tuple(_views_last(found)))


def _names(connection: Connection, database: str) -> list[tuple[str, str]]:
    found = [one for one in inventory.objects(connection, database) if one[0] != "trigger"]
    found += [("trigger", name) for name in inventory.column(connection, _TRIGGERS, database)]
    return sorted(found, key=lambda one: _ORDER.index(one[0]))  # triggers stay in the order in which they fire


def _read(connection: Connection, account: Account, kind: str, name: str, collation: str) -> Definition:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE {kind.upper()} {quote(name)}")
        row = dict(zip([column[0] for column in cursor.description or ()], cursor.fetchone() or (), strict=True))
    statement = row.get("SQL Original Statement", row.get(f"Create {kind.title()}"))
    if not isinstance(statement, bytes):
        raise BackupError(
            f"cannot dump the database: its account may not see the definition of {kind} {name}",
            key="dump-failed",
            next=[f"mariadb -e \"GRANT SELECT ON mysql.proc TO '{account.user}'@'localhost'\"    lets it read others' routines"],
        )
    session = {key: _plain(row[key]) for key in _SESSION if key in row}
    statement = _of_one_character_set(connection, statement, kind, name, session["character_set_client"])
    session["character_set_results"] = session["character_set_client"]
    made_under = _plain(row.get("Database Collation", collation))
    around = [_DATABASE + one.encode() for one in (made_under, collation)] if made_under != collation else []
    return (
        b"SET " + ", ".join(f"{key} = '{value}'" for key, value in session.items()).encode(), *around[:1], statement, *around[1:]
    )  # fmt: skip


def _of_one_character_set(connection: Connection, statement: bytes, kind: str, name: str, character_set: str) -> bytes:
    """The server words names and comments in its own character set, and the body in that of its session: all in the latter."""
    with connection.cursor() as cursor:
        cursor.execute(_COMMENTS, {"kind": kind, "name": name})
        comments = [value.decode() for row in cursor.fetchall() for value in row if isinstance(value, bytes)]
        for text in (quote(name), *(f" COMMENT '{comment.translate(_ESCAPES)}'" for comment in comments)):
            if not text.isascii():
                cursor.execute(f"SELECT CAST(CONVERT(%s USING {character_set}) AS BINARY)", (text,))
                ((converted,),) = cursor.fetchall()
                statement = statement.replace(text.encode(), converted, 1)
    return statement


def _plain(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    if not _PLAIN.fullmatch(text):
        raise BackupError(f"cannot dump the database: its server names a setting {text!r}", key="dump-failed")
    return text


def _views_last(found: Sequence[tuple[str, str, Definition]]) -> list[Definition]:
    """Views behind those that they name."""
    ordered = [definition for kind, _, definition in found if kind != "view"]
    left = {quote(name).encode(): definition for kind, name, definition in found if kind == "view"}
    while left:
        free = [name for name, one in left.items() if not any(other in b"".join(one) for other in left if other != name)]
        ordered += [left.pop(name) for name in free or list(left)]  # those that name each other: `make` finds their order
    return ordered


def text(held: Definitions) -> bytes:
    """As a client reads them, which has a database chosen."""
    statements = [statement for definition in held.each for statement in definition]
    delimiter = b""
    while delimiter in b"\n".join(statements):
        delimiter = b"end" + secrets.token_hex(6).encode()  # 15 bytes, of which a client knows no more
    begin = f"-- Triggers, routines, events and views of a server {held.server}\nDELIMITER ".encode() + delimiter + b"\n"
    return begin + b"".join(one + b"\n" + delimiter + b"\n" for one in statements) + _END


def parsed(sql: bytes) -> Definitions | None:
    """What `text` was given; None: it is the dump program's text, as version 0.1.0 kept it.

    Raises:
        BackupError: "backup-incomplete".
    """
    if (header := _HEADER.match(sql)) is None:
        return None
    *statements, end = sql[header.end() :].split(b"\n" + header[2] + b"\n")
    if end != _END:
        raise BackupError("cannot use the definitions of a backup: they end before their end", key="backup-incomplete")
    found: list[list[bytes]] = []
    for statement in statements:
        if statement.startswith(b"SET "):
            found.append([])
        found[-1].append(statement)
    return Definitions(header[1].decode(), tuple(tuple(one) for one in found))


def make(account: Account, database: str, definitions: Iterable[Definition]) -> list[str]:
    """Make them; what the server says of each that could not be made, others having been made before it.

    Raises:
        DatabaseError: the connection was lost.
    """
    left = list(definitions)
    said: list[str] = []
    with account.connect(database) as connection:
        while left:
            refused = [(one, error) for one in left if (error := _make(connection, one)) is not None]
            said = [f"{error}: {_shown(one)}" for one, error in refused]
            if len(refused) == len(left):
                break
            left = [one for one, _ in refused]
    return said


def _what_makes(definition: Definition) -> bytes:
    return next(one for one in definition[1:] if not one.startswith(_DATABASE))


def _compared(definition: Definition) -> Definition:
    return (view[0],) if (view := _VIEW.match(_what_makes(definition))) else definition


def _shown(definition: Definition) -> str:
    return _what_makes(definition)[:_SHOWN].decode(errors="replace")


def _make(connection: Connection, definition: Definition) -> str | None:
    try:
        for statement in definition:
            _run(connection, statement)
    except pymysql.err.MySQLError as error:
        if errno_of(error) in LOST:
            raise lost(error) from error
        if definition[-1].startswith(_DATABASE):
            _run(connection, definition[-1])
        return text_of(error)
    return None


def _run(connection: Connection, statement: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)  # type: ignore[call-overload]  # bytes, in the session's character set: the stubs miss it


def as_their_own(sql: bytes, source: str, target: str) -> bytes:
    """The dump program's text of version 0.1.0 for whoever loads it: without definers, and for a database of another name."""
    line = b"ALTER DATABASE `" + target.replace("`", "``").encode() + b"` "
    retargeted = re.sub(_ALTER % re.escape(source.replace("`", "``").encode()), lambda _: line, sql, flags=re.MULTILINE)
    return _DEFINER.sub(rb"\1", retargeted)
