"""Foreign keys between OpenEMM's database and others (DESIGN 3.9).

One of another database's follows the table that it refers to: when the present tables are renamed away it would guard the copy
that is kept. So it is dropped before, and made again onto what stands in the place then. One of OpenEMM's own onto another
database keeps a dump from being restored by itself, and is found before anything is stopped.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pymysql
from pydantic import BaseModel, ConfigDict

from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.faults import text_of
from orchestrator.hosts.database.inventory import column, quote

_KEYS = """
    SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME,
        k.REFERENCED_COLUMN_NAME, r.UPDATE_RULE, r.DELETE_RULE
    FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
        ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
    WHERE k.TABLE_SCHEMA <> k.REFERENCED_TABLE_SCHEMA AND %(database)s IN (k.TABLE_SCHEMA, k.REFERENCED_TABLE_SCHEMA)
    ORDER BY 1, 2, 3, k.ORDINAL_POSITION
"""
_IS_THERE = """
    SELECT 1 FROM information_schema.TABLES t LEFT JOIN information_schema.TABLE_CONSTRAINTS c
        ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.CONSTRAINT_NAME = %s
    WHERE t.TABLE_SCHEMA = %s AND t.TABLE_NAME = %s AND (c.CONSTRAINT_NAME IS NOT NULL) = %s
"""
_RULES = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})  # all others are the one that needs no word


class OutsideKey(BaseModel):
    """A foreign key from one database to another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str
    table: str
    name: str
    columns: tuple[str, ...]
    parent_database: str
    parent: str
    parent_columns: tuple[str, ...]
    on_update: str
    on_delete: str

    def __str__(self) -> str:
        return f"{self.database}.{self.table} refers to {self.parent_database}.{self.parent}"

    @property
    def of(self) -> str:
        """Its table, as SQL wants it."""
        return f"{quote(self.database)}.{quote(self.table)}"


def between(connection: Connection, database: str) -> list[OutsideKey]:
    """Those that the account may see, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, {"database": database})
        rows = [[str(value) for value in row] for row in cursor.fetchall()]
    whole: dict[tuple[str, ...], list[list[str]]] = {}
    for row in rows:
        whole.setdefault(tuple(row[:3]), []).append(row)
    return [
        OutsideKey(
            database=first[0], table=first[1], name=first[2], columns=tuple(row[3] for row in parts), parent_database=first[4],
            parent=first[5], parent_columns=tuple(row[6] for row in parts), on_update=first[7], on_delete=first[8],
        )
        for parts in whole.values() for first in parts[:1]
    ]  # fmt: skip


def onto(connection: Connection, database: str) -> list[OutsideKey]:
    """Those of other databases onto this."""
    return [key for key in between(connection, database) if key.parent_database.lower() == database.lower()]


def refuse_outward(connection: Connection, database: str) -> None:
    """See that no table of this database refers to another's.

    Raises:
        BackupError: "foreign-key-outward".
    """
    if keys := [key for key in between(connection, database) if key.database.lower() == database.lower()]:
        sql = shlex.quote(f"ALTER TABLE {keys[0].of} DROP FOREIGN KEY {quote(keys[0].name)}")
        raise BackupError(
            f"a dump of database {database} alone cannot be restored: its table {keys[0].table} refers to "
            f"{keys[0].parent_database}.{keys[0].parent}",
            key="foreign-key-outward", detail=[str(key) for key in keys], unharmed=["the database: nothing was changed"],
            next=[f"mariadb -e {sql}    its rows stay; make it again afterwards"],
        )  # fmt: skip


def drop(connection: Connection, keys: Sequence[OutsideKey]) -> None:
    """Drop them where they are; their columns keep an index."""
    for key in keys:
        if _is_there(connection, key):
            _run(connection, f"ALTER TABLE {key.of} DROP FOREIGN KEY {quote(key.name)}")


def make(connection: Connection, keys: Sequence[OutsideKey]) -> None:
    """Make again those that are not there and whose table still is; rows are not held against them (a backup is older).

    Raises:
        BackupError: "foreign-key-refused": what stands in place now does not fit one.
    """
    _run(connection, "SET SESSION foreign_key_checks = 0")
    for key in keys:
        if not _is_there(connection, key, wanted=False):
            continue
        columns, parents = (", ".join(map(quote, names)) for names in (key.columns, key.parent_columns))
        rules = "".join(
            f" ON {when} {rule}" for when, rule in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if rule in _RULES
        )
        try:
            _run(
                connection,
                f"ALTER TABLE {key.of} ADD CONSTRAINT {quote(key.name)} FOREIGN KEY ({columns}) "
                f"REFERENCES {quote(key.parent_database)}.{quote(key.parent)} ({parents}){rules}",
            )
        except pymysql.err.MySQLError as error:
            raise BackupError(
                f"{key}: its foreign key {key.name} does not fit what was put in place: {text_of(error)}",
                key="foreign-key-refused",
            ) from error
    _run(connection, "SET SESSION foreign_key_checks = 1")


def _is_there(connection: Connection, key: OutsideKey, *, wanted: bool = True) -> bool:
    """Whether its table is, with the key, or without it."""
    return bool(column(connection, _IS_THERE, key.name, key.database, key.table, wanted))


def _run(connection: Connection, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
