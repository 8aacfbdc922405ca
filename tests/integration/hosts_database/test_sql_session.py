"""A session on a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from orchestrator.hosts.database import sql_session
from orchestrator.hosts.database.database import RealDatabase
from orchestrator.hosts.database.faults import DatabaseError
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.settings import DatabaseSettings, Settings
from workflows.host.database import SqlError, SqlSession
from workflows.rules.sql.classify import LAST_INSERT_ID

pytestmark = pytest.mark.integration


@pytest.fixture
def database(mariadb: PrivateServer, tmp_path: Path) -> Iterator[RealDatabase]:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS session_test")
        cursor.execute("CREATE DATABASE session_test CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/dbcfg").write_text("openemm: dbms=mariadb, host=localhost, user=root, password=, name=session_test\n")
    found = RealDatabase(Settings(name="x", home=tmp_path, database=DatabaseSettings(socket=mariadb.socket)))
    yield found
    found.close()


@pytest.fixture
def session(database: RealDatabase) -> Iterator[SqlSession]:
    found = database.session()
    found.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20), KEY (a))")
    yield found
    found.close()


def count(database: RealDatabase) -> int:
    return database.row_counts()["t"]


def test_a_statement_and_its_mark_are_there_together_or_not_at_all(database: RealDatabase, session: SqlSession) -> None:
    session.execute("INSERT INTO t (a) VALUES ('x')", "R/f.sql/0")
    assert session.marked("R/f.sql/0")
    with pytest.raises(SqlError, match="1062"):
        session.execute("INSERT INTO t (id) VALUES (7), (7)", "R/f.sql/1")
    with pytest.raises(SqlError, match="1062"):
        session.execute("INSERT INTO t (a) VALUES ('y')", "R/f.sql/0")
    assert not session.marked("R/f.sql/1")
    assert count(database) == 1


def test_a_transaction_that_is_open_ends_with_its_mark(database: RealDatabase, session: SqlSession) -> None:
    session.execute("START TRANSACTION")
    session.execute("INSERT INTO t (a) VALUES ('x')")
    with pytest.raises(SqlError):
        session.execute("INSERT INTO nowhere VALUES (1)", "R/f.sql/-1")
    assert count(database) == 0
    session.execute("START TRANSACTION")
    session.execute("INSERT INTO t (a) VALUES ('x')")
    session.execute("DO 0", "R/f.sql/-1")
    session.close()
    assert count(database) == 1


def test_values_of_the_session_are_kept_with_the_mark_and_can_be_set_again(database: RealDatabase, session: SqlSession) -> None:
    session.execute("SET @n = 5, @d = 1.5, @text = 'it''s \"ü\" \\\\', @nothing = NULL, @binary = x'ff00'")
    names = {"n", "d", "text", "nothing", "binary", LAST_INSERT_ID}
    session.execute("INSERT INTO t (a) VALUES ('x'), ('y')", "R/f.sql/0", names)
    expected = {"n": 5, "d": "1.5", "text": 'it\'s "ü" \\', "nothing": None, LAST_INSERT_ID: 1}
    assert session.kept("R/f.sql/0") == session.session_values(names) == expected
    session.close()
    other = database.session()
    other.set_session_values(expected)
    assert other.session_values(names - {"binary"}) == expected
    other.execute("INSERT INTO t (a) SELECT CONCAT(LAST_INSERT_ID(), @n) FROM DUAL WHERE 'x' = @nothing OR 'ü' < @text")
    other.close()


def test_a_variable_compares_with_a_column_as_it_does_for_the_vendors_client(session: SqlSession) -> None:
    session.execute("SET @a = 'x'")
    session.execute("INSERT INTO t (a) SELECT 'y' FROM t WHERE a = @a")


@pytest.mark.parametrize(
    ("make", "change", "name"),
    [
        ("SELECT 1", "ALTER TABLE t ADD b INT", "t"),
        ("SELECT 1", "CREATE INDEX i ON t (a, id)", "T"),
        ("SELECT 1", "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 'z'", "t"),
        ("CREATE VIEW v AS SELECT 1", "ALTER VIEW v AS SELECT 2", "v"),
        ("CREATE PROCEDURE p() SELECT 1", "DROP PROCEDURE p", "p"),
        ("CREATE FUNCTION f() RETURNS INT RETURN 1", "DROP FUNCTION f", "f"),
        ("SELECT 1", "CREATE TABLE u (a INT)", "u"),
        ("SELECT 1", "CREATE TABLE u (a INT)", ""),
    ],
)
def test_a_fingerprint_changes_with_a_definition_and_with_nothing_else(
    session: SqlSession, make: str, change: str, name: str
) -> None:
    session.execute(make)
    objects = [name] if name else []
    before = session.fingerprint(objects)
    session.execute("INSERT INTO t (a) VALUES ('x')", "R/f.sql/0")
    assert session.fingerprint(objects) == before
    session.execute(change)
    assert session.fingerprint(objects) != before


def test_all_results_of_a_procedure_are_read(session: SqlSession) -> None:
    session.execute("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2 UNION SELECT 3; END")
    session.execute("CALL p()")
    assert not session.marked("x")


def test_several_statements_in_one_are_refused(session: SqlSession) -> None:
    with pytest.raises(SqlError, match="1064"):
        session.execute("SELECT 1; SELECT 2")


def test_a_session_waits_until_the_statement_of_an_earlier_one_has_ended(
    mariadb: PrivateServer, database: RealDatabase, session: SqlSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_session, "EARLIER_SECONDS", 0)
    with pytest.raises(DatabaseError) as busy:
        database.session()
    assert busy.value.error_key == "database-busy"
    monkeypatch.setattr(sql_session, "EARLIER_SECONDS", 30)
    opened: list[SqlSession] = []
    waiting = threading.Thread(target=lambda: opened.append(database.session()))
    waiting.start()
    session.close()
    waiting.join(30)
    assert len(opened) == 1
    opened[0].close()


def test_a_session_that_is_killed_says_so(mariadb: PrivateServer, session: SqlSession) -> None:
    session.execute("SET @me = CONNECTION_ID()")
    me = session.session_values(["me"])["me"]
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"KILL {me}")
    with pytest.raises(DatabaseError) as lost:
        session.execute("SELECT 1", "R/f.sql/0")
    assert lost.value.error_key == "database-connection-lost"
    assert isinstance(lost.value.__cause__, pymysql.err.MySQLError)
