"""How large the tables of OpenEMM's database are, and how its server is set, as the server says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.faults import told
from orchestrator.hosts.database.inventory import MARK_TABLE, database_size
from orchestrator.settings import Settings
from workflows.rules.tuning import VARIABLES

MEMINFO = Path("/proc/meminfo")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_BINDING = re.compile(r"customer_\d+_binding_tbl")
_INDEXES = """
    SELECT t.TABLE_NAME, s.INDEX_NAME, LOWER(s.COLUMN_NAME) FROM information_schema.TABLES t
    LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME
    WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY t.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX
"""
_SQL = """
    SELECT TABLE_NAME, IFNULL(DATA_LENGTH, 0), IFNULL(INDEX_LENGTH, 0), IFNULL(DATA_FREE, 0), IFNULL(TABLE_ROWS, 0), ROW_FORMAT
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'
    ORDER BY IFNULL(DATA_LENGTH, 0) + IFNULL(INDEX_LENGTH, 0) DESC, TABLE_NAME
"""


@dataclass(frozen=True)
class TableSize:
    """A table. data, index, free: bytes; free: held by its file and not used. rows: the server's estimate."""

    name: str
    data: int
    index: int
    free: int
    rows: int
    format: str | None


def table_sizes(settings: Settings) -> tuple[str, Sequence[TableSize]]:
    """The database's name, and its tables, biggest first."""
    _, database = accounts.application(settings)
    with told("ask for the sizes of the tables"), connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(_SQL)
        found = [
            TableSize(str(name), int(data), int(index), int(free), int(rows), row_format)
            for name, data, index, free, rows, row_format in cursor.fetchall()
        ]
    return database, [table for table in found if table.name != MARK_TABLE]


@dataclass(frozen=True)
class Server:
    """The database server. here: on this host. variables: those that the guide speaks of. size: bytes of OpenEMM's tables.

    indexes: by customer_N_binding_tbl, the columns of each of its indexes.
    """

    version: str
    here: bool
    variables: Mapping[str, str]
    size: int
    indexes: Mapping[str, Sequence[Sequence[str]]]


def server(settings: Settings) -> Server:
    """What is set, as the server says globally."""
    account, database = accounts.application(settings)
    with told("ask for the server's settings"), connect(settings) as connection, connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(VARIABLES))
        cursor.execute(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({marks})", VARIABLES)
        variables = {str(name): str(value) for name, value in cursor.fetchall()}
        cursor.execute(_INDEXES)
        indexes: dict[str, dict[str, list[str]]] = {}
        for table, index, column_name in cursor.fetchall():
            if _BINDING.fullmatch(str(table)):
                columns = indexes.setdefault(str(table), {})
                if index is not None:
                    columns.setdefault(str(index), []).append(str(column_name))
        cursor.execute("SELECT VERSION()")
        row = cursor.fetchone()
        return Server(
            str(row[0]) if row else "", account.socket is not None or account.host in _LOCAL, variables,
            database_size(connection, database), {table: list(found.values()) for table, found in indexes.items()},
        )  # fmt: skip


def memory() -> int | None:
    """Bytes of this host's memory (proc(5)); None when it cannot be told."""
    match = re.search(r"^MemTotal:\s+(\d+) kB$", MEMINFO.read_text(encoding="ascii"), re.MULTILINE)
    return int(match[1]) * 1024 if match else None
