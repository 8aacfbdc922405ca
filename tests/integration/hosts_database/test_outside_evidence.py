"""What OpenEMM's own tables say of its history, on a real server."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence

import pytest

from orchestrator.hosts.database.outside import release_rows, version_rows
from orchestrator.hosts.scratch.private_server import PrivateServer

pytestmark = pytest.mark.integration

Query = Callable[..., Sequence[Sequence[object]]]
FIRST = "host_name VARCHAR(64), application_name VARCHAR(64), version_number VARCHAR(15), startup_timestamp TIMESTAMP NULL"
BUILD = ", build_time TIMESTAMP NULL, build_host VARCHAR(100), build_user VARCHAR(100)"


@pytest.fixture
def query(mariadb: PrivateServer) -> Iterator[Query]:
    """Asks a database of its own, whose session keeps another time than UTC."""
    name = f"outside_{uuid.uuid4().hex[:12]}"
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"USE {name}")
        cursor.execute("SET time_zone = '+05:30'")

        def ask(sql: str) -> Sequence[Sequence[object]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        yield ask


def test_a_host_without_the_table_has_no_rows(query: Query) -> None:
    assert release_rows(query, {}) == []
    assert version_rows(query, {"agn_dbversioninfo_tbl": ()}) == []


def test_the_table_of_20_07_064_has_four_columns(query: Query) -> None:
    query(f"CREATE TABLE release_log_tbl ({FIRST})")
    query("INSERT INTO release_log_tbl VALUES ('mail1', 'EMM', '20.07.064', '2020-09-01 05:30:07')")
    columns = ("host_name", "application_name", "version_number", "startup_timestamp")
    assert release_rows(query, {"release_log_tbl": columns}) == [
        {"host_name": "mail1", "application_name": "EMM", "version_number": "20.07.064",
         "startup_timestamp": "2020-09-01T00:00:07+00:00"}
    ]  # fmt: skip


def test_later_ones_say_what_was_built_too_oldest_first(query: Query) -> None:
    query(f"CREATE TABLE release_log_tbl ({FIRST}{BUILD})")
    row = "'m', 'EMM', '20.10.000.152', '2021-02-01 05:30:00', '2021-01-01 05:30:00', 'b', ''"
    query(f"INSERT INTO release_log_tbl VALUES ({row})")
    query("INSERT INTO release_log_tbl VALUES ('mail1', 'BACKEND-OPENEMM', '20.10.000.126', NULL, NULL, NULL, NULL)")
    columns = ("host_name", "application_name", "version_number", "startup_timestamp", "build_time", "build_host", "build_user")
    rows = release_rows(query, {"release_log_tbl": columns})
    assert [(row["application_name"], row["startup_timestamp"], row["build_time"]) for row in rows] == [
        ("BACKEND-OPENEMM", None, None),
        ("EMM", "2021-02-01T00:00:00+00:00", "2021-01-01T00:00:00+00:00"),
    ]


def test_version_rows_come_with_who_brought_them_and_when(query: Query) -> None:
    query("CREATE TABLE agn_dbversioninfo_tbl (version_number TEXT, updating_user TEXT, update_timestamp TIMESTAMP NULL)")
    query("INSERT INTO agn_dbversioninfo_tbl VALUES ('20.04.1', 'b', '2020-05-01 05:30:00')")
    query("INSERT INTO agn_dbversioninfo_tbl VALUES ('19.10.1', 'a', '2020-01-01 05:30:00')")
    columns = ("version_number", "updating_user", "update_timestamp")
    assert version_rows(query, {"agn_dbversioninfo_tbl": columns}) == [
        {"version_number": "19.10.1", "updating_user": "a", "update_timestamp": "2020-01-01T00:00:00+00:00"},
        {"version_number": "20.04.1", "updating_user": "b", "update_timestamp": "2020-05-01T00:00:00+00:00"},
    ]
