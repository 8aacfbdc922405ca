"""Row formats as a real InnoDB tells them, and their conversion."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.hosts.database import formats
from orchestrator.hosts.database.formats import RealTableFormats
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.settings import DatabaseSettings, Settings
from tests.remedies.follow import follow
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.integration

NAME, NEIGHBOUR = "format_test-x", "formatxtest-x"
Sql = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def sql(mariadb: PrivateServer) -> Iterator[Sql]:
    with mariadb.connect() as connection, connection.cursor() as cursor:

        def ask(*statements: str) -> list[tuple[Any, ...]]:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

        ask(f"CREATE DATABASE `{NAME}`", f"CREATE DATABASE `{NEIGHBOUR}`", f"USE `{NAME}`")
        ask("CREATE OR REPLACE USER fmt@localhost IDENTIFIED BY 'not-to-be-seen'", f"GRANT ALL ON `{NAME}`.* TO fmt@localhost")
        try:
            yield ask
        finally:
            ask(f"DROP DATABASE `{NAME}`", f"DROP DATABASE `{NEIGHBOUR}`", "DROP USER fmt@localhost")


def settings(home: Path, socket: Path, **database: Any) -> Settings:
    (home / "etc").mkdir(exist_ok=True)
    (home / "etc/dbcfg").write_text(f"openemm: dbms=mariadb, host=localhost, user=fmt, password=not-to-be-seen, name={NAME}\n")
    return Settings(name="x", home=home, database=DatabaseSettings(socket=socket, **database))


@pytest.fixture
def tables(mariadb: PrivateServer, sql: Sql, tmp_path: Path) -> RealTableFormats:
    return RealTableFormats(settings(tmp_path, mariadb.socket, admin_user=pwd.getpwuid(os.geteuid()).pw_name))


def test_an_empty_database_has_no_formats(tables: RealTableFormats) -> None:
    found = tables.look()
    assert (found.counts, found.compact, found.view) == ({}, {}, "innodb_sys_tables")


def test_tables_are_counted_as_people_know_them(tables: RealTableFormats, sql: Sql) -> None:
    sql(
        "CREATE TABLE plain (id INT PRIMARY KEY) ROW_FORMAT=COMPACT",
        "CREATE TABLE `odd-näme$1#` (id INT) ROW_FORMAT=COMPACT",
        "CREATE TABLE parted (id INT) ROW_FORMAT=COMPACT PARTITION BY HASH(id) PARTITIONS 3",
        "CREATE TABLE worded (id INT, t TEXT, FULLTEXT(t)) ROW_FORMAT=COMPACT",
        "CREATE TABLE good (id INT) ROW_FORMAT=DYNAMIC",
        "CREATE TABLE old (id INT) ROW_FORMAT=REDUNDANT",
        "CREATE TABLE elsewhere (id INT) ENGINE=MyISAM",
        "CREATE VIEW looked AS SELECT * FROM plain",
        f"CREATE TABLE `{NEIGHBOUR}`.another (id INT) ROW_FORMAT=COMPACT",
    )
    found = tables.look()
    assert found.counts == {"Compact": 4, "Dynamic": 1, "Redundant": 1}
    assert list(found.compact) == ["odd-näme$1#", "parted", "plain", "worded"]
    assert min(found.compact.values()) > 0


def test_a_conversion_keeps_rows_and_may_be_repeated(tables: RealTableFormats, sql: Sql) -> None:
    sql(
        "CREATE TABLE `odd-näme$1#` (id INT, t TEXT, FULLTEXT(t)) ROW_FORMAT=COMPACT",
        "CREATE TABLE parted (id INT) ROW_FORMAT=COMPACT PARTITION BY HASH(id) PARTITIONS 3",
        "INSERT INTO parted SELECT seq FROM seq_1_to_1000",
    )
    for table in ("odd-näme$1#", "parted", "parted"):
        tables.convert(table)
    assert tables.look().counts == {"Dynamic": 2}
    assert sql("SELECT COUNT(*), SUM(id) FROM parted") == [(1000, 500500)]


def test_without_the_right_process_anywhere_it_is_said_which_is_missing(mariadb: PrivateServer, sql: Sql, tmp_path: Path) -> None:
    option_file = tmp_path / "admin.cnf"
    option_file.write_text(f"[client]\nuser=fmt\npassword=not-to-be-seen\nsocket={mariadb.socket}\n")
    option_file.chmod(0o600)
    for of in (
        settings(tmp_path, mariadb.socket, admin_user="nobody-at-all"),
        settings(tmp_path, mariadb.socket, admin_option_file=option_file),
    ):
        with pytest.raises(WorkflowError) as error:
            RealTableFormats(of).look()
        assert (error.value.error_key, error.value.exit_code) == ("process-right-missing", 3)
        assert "GRANT PROCESS" in error.value.next[0]
        assert "not-to-be-seen" not in str(error.value.as_dict())
    follow(error.value.next[0], socket=mariadb.socket)
    RealTableFormats(of).look()


def test_the_accounts_own_right_process_is_enough(mariadb: PrivateServer, sql: Sql, tmp_path: Path) -> None:
    sql("GRANT PROCESS ON *.* TO fmt@localhost", "CREATE TABLE plain (id INT) ROW_FORMAT=COMPACT")
    assert list(RealTableFormats(settings(tmp_path, mariadb.socket, admin_user="nobody-at-all")).look().compact) == ["plain"]


def test_a_table_that_cannot_be_converted_is_named(tables: RealTableFormats) -> None:
    with pytest.raises(WorkflowError) as error:
        tables.convert("not`there")
    assert error.value.error_key == "convert-failed"
    assert "not``there" in (error.value.command or "")


def test_a_conversion_of_an_earlier_attempt_is_waited_for(
    mariadb: PrivateServer, tables: RealTableFormats, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "EARLIER_SECONDS", 1)
    sql("CREATE TABLE plain (id INT) ROW_FORMAT=COMPACT")
    with mariadb.connect() as other, formats._alone(other, NAME), pytest.raises(WorkflowError) as error:
        tables.convert("plain")
    assert error.value.error_key == "database-busy"
    tables.convert("plain")


def test_a_table_that_somebody_uses_is_not_waited_for_for_ever(
    mariadb: PrivateServer, tables: RealTableFormats, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "EARLIER_SECONDS", 1)
    sql("CREATE TABLE plain (id INT) ROW_FORMAT=COMPACT")
    with mariadb.connect() as other, other.cursor() as cursor:
        cursor.execute(f"LOCK TABLES `{NAME}`.plain WRITE")
        with pytest.raises(WorkflowError) as error:
            tables.convert("plain")
    assert error.value.error_key == "convert-failed"
    assert "Lock wait timeout" in error.value.message


def test_a_table_that_an_earlier_attempt_converted_is_not_converted_again(tables: RealTableFormats, sql: Sql) -> None:
    sql("CREATE TABLE plain (id INT) ROW_FORMAT=COMPACT")
    table_id = f"SELECT TABLE_ID FROM information_schema.innodb_sys_tables WHERE NAME = '{NAME.replace('-', '@002d')}/plain'"
    before = sql(table_id)
    tables.convert("plain")
    converted = sql(table_id)
    tables.convert("plain")
    assert before != converted == sql(table_id)
