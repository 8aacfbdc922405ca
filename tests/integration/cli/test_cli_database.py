"""Sizes, settings and formats of a real database, and a conversion as a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.group import run
from orchestrator.sandbox import host

pytestmark = pytest.mark.integration

Say = Callable[..., tuple[int, list[dict[str, Any]]]]
Sql = Callable[..., list[tuple[Any, ...]]]
COMPACT = ("config_tbl", "customer_1_tbl", "mailing_tbl")


@pytest.fixture
def sql(sandbox: Path) -> Iterator[Sql]:
    with host.database(sandbox).connect() as connection, connection.cursor() as cursor:
        cursor.execute("USE openemm")

        def ask(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        yield ask


@pytest.fixture
def compact(sql: Sql) -> Iterator[None]:
    """Three tables are Compact."""
    for table in COMPACT:
        sql(f"ALTER TABLE {table} ROW_FORMAT=COMPACT")
    yield
    for table in COMPACT:
        sql(f"ALTER TABLE {table} ROW_FORMAT=DYNAMIC")


def test_tables_are_told_biggest_first_with_their_growth(say: Say, sql: Sql) -> None:
    code, [estimated] = say("database", "size", "--estimate")
    assert (code, estimated["exact"], estimated["since"]) == (0, False, None)
    name = say("backup", "create", "--no-verify")[1][0]["backup"]["id"]
    sql("INSERT INTO mailing_account_tbl SELECT * FROM mailing_account_tbl LIMIT 0")
    sql("CREATE TABLE grown_tbl AS SELECT seq FROM seq_1_to_5000")
    try:
        code, [document] = say("database", "size")
        assert run(["--site", "/nowhere", "database", "size"]) == 2
    finally:
        sql("DROP TABLE grown_tbl")
    assert (code, document["exact"], document["since"]["backup"]) == (0, True, name)
    sizes = [table["data"] + table["index"] for table in document["tables"]]
    assert sizes == sorted(sizes, reverse=True)
    assert document["total"]["data"] == sum(table["data"] for table in document["tables"])
    tables = {table["name"]: table for table in document["tables"]}
    assert (tables["grown_tbl"]["rows"], tables["grown_tbl"]["grown"]) == (5000, 5000)
    assert tables["config_tbl"]["grown"] == 0


def test_the_servers_settings_are_held_against_the_guide_and_left_alone(say: Say, sql: Sql) -> None:
    before = sql("SHOW GLOBAL VARIABLES LIKE 'innodb%size'")
    code, [document] = say("database", "tune")
    assert code == 0
    found = {one["name"]: one for one in document["findings"]}
    assert found["sql_mode"]["suggested"] is None
    assert found["innodb_buffer_pool_size"]["now"] == "64M"
    assert document["lines"][0] == "[mysqld]"
    assert f"innodb_buffer_pool_size = {found['innodb_buffer_pool_size']['suggested']}" in document["lines"]
    assert sql("SHOW GLOBAL VARIABLES LIKE 'innodb%size'") == before


def test_the_suggested_lines_are_taken_by_a_server(say: Say, tmp_path: Path) -> None:
    from orchestrator.command import run as command
    from orchestrator.hosts.scratch.private_server import SERVER_NAMES, find_program

    _, [document] = say("database", "tune")
    file = tmp_path / "my.cnf"
    names = ["character_set_server = utf8mb4", "collation_server = utf8mb4_unicode_ci"]
    file.write_text("\n".join([*document["lines"], *names, ""]))
    command([find_program(SERVER_NAMES), f"--defaults-file={file}", "--help", "--verbose"], timeout=60.0)


def test_formats_are_counted_first(say: Say, compact: None) -> None:
    code, [document] = say("database", "check-format")
    assert (code, document["sound"], document["changed"]) == (0, False, False)
    assert [table["name"] for table in document["affected"]] == list(COMPACT)
    assert document["counts"]["Compact"] == 3


def test_a_conversion_is_a_run_with_a_restore_point_and_a_record(say: Say, sql: Sql, compact: None) -> None:
    code, [error] = say("database", "check-format", "--convert")
    assert (code, error["key"]) == (2, "answer-missing")
    code, documents = say("database", "check-format", "--convert", "--yes", "--reason", "MariaDB 10.6")
    end = documents[-1]
    assert (code, end["schema"], end["run"]["state"], end["run"]["workflow"]) == (
        0,
        "orchestrate.convert/1",
        "completed",
        "convert",
    )
    code, [document] = say("database", "check-format")
    assert (document["sound"], document["affected"]) == (True, [])
    _, [backups] = say("backup", "list")
    assert any(one["id"] == f"{end['run']['id']}-convert" and one["verified"] for one in backups["backups"])
    _, [status] = say("status")
    assert (status["answers"], status["backend_runs"]) == ("19.10.000.170", True)
    code, [again] = say("database", "check-format", "--convert", "--yes")
    assert (code, again["changed"]) == (0, False)


def test_no_table_is_converted_while_mail_goes_out(say: Say, compact: None, dispatch: Path) -> None:
    code, documents = say("database", "check-format", "--convert", "--yes", "--wait", "0")
    assert (code, documents[-1]["run"]["state"]) == (4, "waiting")
    assert say("abort", "--yes")[0] == 0
    assert say("database", "check-format")[1][0]["counts"]["Compact"] == 3


def test_a_conversion_that_fails_keeps_its_restore_point_and_is_undone(say: Say, sql: Sql, compact: None) -> None:
    sql("CREATE TABLE mailloop_x_tbl (id INT) ROW_FORMAT=COMPACT")
    sql("INSERT INTO mailloop_x_tbl VALUES (1), (2)")
    blocker = "CREATE TABLE stop_x_tbl (id INT PRIMARY KEY) ROW_FORMAT=COMPACT"
    try:
        sql(blocker)
        code, documents = _with_lock(say, sql)
        assert (code, documents[-1]["run"]["state"]) == (1, "failed")
        headline = documents[-1]["run"]["headline"]
        assert headline["key"] == "convert-failed"
        assert any("all rows" in line for line in headline["unharmed"])
        assert say("abort", "--yes")[0] == 0
        formats = say("database", "check-format")[1][0]
        assert formats["counts"]["Compact"] == 5
        assert sql("SELECT COUNT(*) FROM openemm.mailloop_x_tbl") == [(2,)]
    finally:
        sql("DROP TABLE IF EXISTS openemm.stop_x_tbl, openemm.mailloop_x_tbl")
    assert say("status")[1][0]["answers"] == "19.10.000.170"


def _with_lock(say: Say, sql: Sql) -> tuple[int, list[dict[str, Any]]]:
    """Convert while another connection holds the last table against changes."""
    from orchestrator.hosts.database import formats

    before, formats.EARLIER_SECONDS = formats.EARLIER_SECONDS, 1
    sql("LOCK TABLES stop_x_tbl READ")
    try:
        return say("database", "check-format", "--convert", "--yes")
    finally:
        sql("UNLOCK TABLES")
        formats.EARLIER_SECONDS = before
