"""Databases with the sandbox's 19.10 content, and the vendor's way of running a package's SQL files on them (facts 5.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pymysql
import pytest

from orchestrator.command import run
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox.database import bundle, create_schema
from orchestrator.sandbox.database.bundles import file_name, update_versions

ERROR = re.compile(r"^ERROR (\d+) ", re.MULTILINE)
PASSWORD = "for a database that lives for seconds"
Columns = dict[tuple[str, str], str]


class Vendor:
    """A database, a user with all rights on it and no others, and a client process for each file.

    An error is told and does not stop what follows, as in 20.04's runner.
    """

    def __init__(self, server: PrivateServer, name: str, *, companies: int, recipients: int) -> None:
        self.server, self.name = server, name
        self.as_root(
            f"CREATE DATABASE {name} CHARACTER SET utf8 COLLATE utf8_unicode_ci",
            f"CREATE USER {name}@localhost IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {name}.* TO {name}@localhost",
        )
        self.connection = pymysql.connect(
            unix_socket=str(server.socket), user=name, password=PASSWORD, database=name, autocommit=True
        )
        create_schema(self.connection, companies=companies, recipients=recipients)

    def drop(self) -> None:
        self.connection.close()
        self.as_root(f"DROP DATABASE {self.name}", f"DROP USER {self.name}@localhost")

    def as_root(self, *statements: str) -> None:
        with self.server.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def versions(self) -> set[str]:
        return {version for (version,) in self.query("SELECT version_number FROM agn_dbversioninfo_tbl")}

    def pending(self, line: str) -> list[str]:
        recorded = self.versions()
        return [version for version in update_versions(line) if version not in recorded]

    def execute(self, text: str) -> int:
        """The error number that the client printed; 0 when there was none."""
        result = run(
            ["mariadb", "--no-defaults", f"--socket={self.server.socket}", f"--user={self.name}",
             "--default-character-set=utf8", self.name],
            timeout=60, expect=(0, 1), input=text, env={"MYSQL_PWD": PASSWORD},
        )  # fmt: skip
        found = ERROR.search(result.stderr)
        assert (found is None) == (result.exit_code == 0), result.stderr
        return int(found[1]) if found else 0

    def upgrade(self, line: str) -> dict[str, int]:
        """Run all files of a package in the vendor's order; the errors, by file name or version."""
        files = bundle(line)
        order = {name: files[f"sql/mysql/emm-mysql-{name}.sql"] for name in ("messages", "messages-deleted", "messages-openemm")}
        order |= {version: files[f"sql/mysql/{file_name(version)}"] for version in self.pending(line)}
        order["userrights"] = files["sql/userrights.sql"]
        return {name: error for name, text in order.items() if (error := self.execute(text))}

    def columns(self) -> Columns:
        rows = self.query(
            "SELECT c.table_name, c.column_name, c.column_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
        )
        return {(table, column.lower()): kind for table, column, kind in rows}

    def counts(self) -> dict[str, int]:
        tables = {table for table, _ in self.columns()}
        return dict(self.query(" UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM `{table}`" for table in tables)))


MakeVendor = Callable[..., Vendor]


@pytest.fixture
def make_vendor(mariadb: PrivateServer) -> Iterator[MakeVendor]:
    made: list[Vendor] = []

    def make(name: str, *, companies: int = 1, recipients: int = 0) -> Vendor:
        made.append(Vendor(mariadb, f"sandbox_{name}", companies=companies, recipients=recipients))
        return made[-1]

    yield make
    for vendor in made:
        vendor.drop()
