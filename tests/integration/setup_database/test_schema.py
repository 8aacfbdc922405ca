"""The schema in an empty database: whole, cut off anywhere, begun anew, taken back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from database_kit import FRONTEND, TARGET, Context, Kit, ask

from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.hosts.server.server import RealServer
from state import faults
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.step import PauseRequested
from workflows.steps.database.schema import CreateSchema
from workflows.steps.database.user import DatabaseAndUser

pytestmark = pytest.mark.integration

Sql = Callable[..., list[tuple[Any, ...]]]
DATABASE, USER = "kit_emm", "kit"
VERSION = "INSERT INTO agn_dbversioninfo_tbl VALUES ('{}', CURRENT_USER, CURRENT_TIMESTAMP);\n"
FULL = (
    "CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY, updating_user VARCHAR(64),"
    " update_timestamp DATE);\n"
    "CREATE TABLE config_tbl (class VARCHAR(32), name VARCHAR(64), value TEXT);\n"
    "CREATE TABLE log_tbl (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(32));\n"
    "DELIMITER ;;\nCREATE TRIGGER config_trg AFTER INSERT ON config_tbl FOR EACH ROW\n"
    "BEGIN INSERT INTO log_tbl (what) VALUES (NEW.name); END;;\nDELIMITER ;\n"
    "INSERT INTO config_tbl VALUES ('system', 'url', '[to be defined]'), ('system', 'licence', '0');\n"
    "INSERT INTO config_tbl SELECT 'twice', name, value FROM config_tbl;\n" + VERSION.format("20.04.450") + "COMMIT;\n"
)
EDITION = "INSERT INTO config_tbl VALUES ('edition', 'name', 'OpenEMM');\n"
LOOP = (
    "DELIMITER $$\nCREATE PROCEDURE fill() BEGIN INSERT INTO log_tbl (what) VALUES ('a');"
    " INSERT INTO log_tbl (what) VALUES ('b'); END$$\n"
    "DELIMITER ;\nCALL fill;\nDROP PROCEDURE fill;\n"
)
LAST = "sql/mysql/emm-mysql-update-20.07.002-basic.sql"
FILES = {
    "sql/mysql/emm-mysql-fulldb-basic.sql": FULL,
    "sql/mysql/emm-mysql-fulldb-openemm.sql": EDITION,
    "sql/mysql/emm-mysql-messages.sql": "CREATE TABLE IF NOT EXISTS messages_tbl (k INT);\nINSERT INTO messages_tbl VALUES (1);",
    "sql/mysql/emm-mysql-update-20.04.450.sql": "DROP TABLE config_tbl;\n" + VERSION.format("20.04.450"),
    "sql/mysql/emm-mysql-update-20.07.001-basic.sql": LOOP + VERSION.format("20.07.001"),
    "sql/mysql/emm-mysql-update-20.07.002-basic.sql": "ALTER TABLE config_tbl ADD hostname VARCHAR(100) NULL;\n"
    + VERSION.format("20.07.002"),
    "sql/userrights.sql": "DELETE FROM log_tbl WHERE what = 'nobody'; INSERT INTO log_tbl (what) VALUES ('rights');",
    "classes/mandatoryDbChanges_mysql.csv": "20.04.450\n20.07.001\n20.07.002\n",
    "classes/emm.properties": f"ApplicationVersion={TARGET}\n",
}
LOGGED = ["a", "b", "licence", "licence", "name", "rights", "url", "url"]
KILLED = -9


def step(kit: Kit) -> CreateSchema:
    return CreateSchema(kit.plan(database_name=DATABASE, database_user=USER))


@pytest.fixture
def sql(mariadb: PrivateServer) -> Sql:
    return lambda text, *values: ask(mariadb.socket, text, *values)


@pytest.fixture
def empty(kit: Kit) -> Kit:
    """A host with an empty database of OpenEMM's, and a small package."""
    kit.attempt(DatabaseAndUser(kit.plan(database_name=DATABASE, database_user=USER)))
    kit.frontend(FILES)
    return kit


def content(sql: Sql) -> dict[str, Any]:
    """Everything in the database, but for the numbers that the server gave out."""
    found: dict[str, Any] = {
        name: sql(f"SHOW CREATE TABLE {DATABASE}.{name}")[0][1] for (name,) in sql(f"SHOW TABLES FROM {DATABASE}")
    }
    found = {
        name: " ".join(word for word in text.split() if not word.startswith("AUTO_INCREMENT=")) for name, text in found.items()
    }
    for name, columns in {
        "config_tbl": "class, name, value",
        "log_tbl": "what",
        "agn_dbversioninfo_tbl": "version_number",
    }.items():
        found[f"rows of {name}"] = sorted(sql(f"SELECT {columns} FROM {DATABASE}.{name}"))
    found["routines"] = sql("SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s", DATABASE)
    found["triggers"] = [row[0] for row in sql(f"SHOW TRIGGERS FROM {DATABASE}")]
    return found


def test_a_schema_is_the_full_file_then_messages_missing_updates_and_rights(empty: Kit, sql: Sql) -> None:
    assert empty.keys(step(empty)) == ["database.schema"]
    done = empty.attempt(step(empty))
    assert done.facts["files"] == [
        "emm-mysql-fulldb-basic.sql", "emm-mysql-fulldb-openemm.sql", "emm-mysql-messages.sql",
        "emm-mysql-update-20.07.001-basic.sql", "emm-mysql-update-20.07.002-basic.sql", "userrights.sql",
    ]  # fmt: skip
    (note,) = done.ledger
    assert (note.kind, note.component, note.to_version) == ("database-created", "database", TARGET)
    assert all(len(file["sha256"]) == 64 for file in note.evidence["files"])
    seen = content(sql)
    assert len(seen["rows of config_tbl"]) == 5
    assert sorted(row[0] for row in seen["rows of log_tbl"]) == LOGGED
    assert "orchestrate_marks" not in seen
    assert empty.keys(step(empty)) == []


def test_a_second_run_leaves_it_alone(empty: Kit, sql: Sql) -> None:
    empty.attempt(step(empty))
    before = content(sql)
    (empty.folder / "run/schema/intent").unlink()
    (empty.folder / "run/schema/journal").unlink()
    (empty.home / "webapps").mkdir()
    (empty.home / "webapps/emm").symlink_to(empty.home / FRONTEND)
    empty.present = True
    done = empty.attempt(step(empty))
    assert (done.summary, done.facts, done.ledger) == ("was right", {"changed": False}, ())
    assert content(sql) == before
    assert empty.undo(step(empty)) == ()
    assert content(sql) == before


def attempt(kit: Kit, *, fault: int = 0, log: Path | None = None) -> int:
    """One attempt in a process of its own, killed at that passing of "statement"; how it ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            faults._name, faults._number, faults._log = "statement" if fault else "", str(fault), log and str(log)
            kit.attempt(step(kit))
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_any_statement_it_goes_on_to_the_same_end(empty: Kit, sql: Sql, tmp_path: Path) -> None:
    assert attempt(empty, log=tmp_path / "places") == 0
    expected, count = content(sql), (tmp_path / "places").read_text().count("statement")
    assert count > 20
    anew: list[tuple[int, str]] = []
    for point in range(3, count + 1, 1 if os.environ.get("ORCHESTRATE_ALL_POINTS") else 6):
        empty.undo(step(empty))
        for name in ("intent", "journal", "notes"):
            (empty.folder / "run/schema" / name).unlink(missing_ok=True)
        assert attempt(empty, fault=point) == KILLED, f"point {point} of {count}"
        assert empty.context(step(empty)).intent["tables"] == 0
        empty.attempt(step(empty))
        assert content(sql) == expected, f"killed at point {point} of {count}"
        anew += [(point, note["why"]) for note in Context(empty, "schema").notes if "why" in note]
    assert 1 <= len(anew) <= 2, "a loop in doubt, and nothing else, needs the database anew"


def test_after_an_error_a_retry_begins_with_an_empty_database(empty: Kit, sql: Sql) -> None:
    empty.frontend({LAST: FILES[LAST] + "INSERT INTO kit_later.seen_tbl VALUES (1);\n"})
    with pytest.raises(WorkflowError) as failed:
        empty.attempt(step(empty))
    assert failed.value.error_key == "sql-failed"
    assert step(empty).unharmed(Context(empty, "schema")) == ["no data: the database was empty when this run began with it"]
    sql("CREATE DATABASE kit_later")
    sql("CREATE TABLE kit_later.seen_tbl (n INT)")
    sql(f"GRANT ALL ON kit_later.* TO {USER}@localhost")
    empty.attempt(step(empty))
    assert [note["why"] for note in Context(empty, "schema").notes] == ["an attempt before this one failed"]
    assert sorted(row[0] for row in content(sql)["rows of log_tbl"]) == LOGGED
    assert sql("SELECT n FROM kit_later.seen_tbl") == [(1,)]


def test_paused_it_goes_on_where_it_was(empty: Kit, sql: Sql) -> None:
    with pytest.raises(PauseRequested):
        empty.attempt(step(empty), pause_at=6)
    done = empty.attempt(step(empty))
    assert Context(empty, "schema").notes == []
    assert done.facts["versions_after"] == 3


def test_undo_leaves_an_empty_database_that_openemm_still_reaches(empty: Kit, sql: Sql) -> None:
    empty.attempt(step(empty))
    for _ in range(2):
        assert [note.kind for note in empty.undo(step(empty))] == ["setup-undone"]
        assert sql(f"SHOW TABLES FROM {DATABASE}") == []
    assert empty.keys(DatabaseAndUser(empty.plan(database_name=DATABASE, database_user=USER))) == []


def test_undo_after_a_cut_that_dropped_the_database_makes_it_again(empty: Kit, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.attempt(step(empty))
    with monkeypatch.context() as patch:
        patch.setattr(RealServer, "create", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            empty.undo(step(empty))
    assert sql("SHOW DATABASES LIKE 'kit%'") == []
    empty.undo(step(empty))
    assert sql("SHOW DATABASES LIKE 'kit%'") == [(DATABASE,)]


def test_tables_that_this_run_did_not_make_are_refused_and_left(empty: Kit, sql: Sql) -> None:
    sql(f"CREATE TABLE {DATABASE}.somebody (id INT)")
    for _ in range(2):
        with pytest.raises(RefusedError) as refused:
            empty.attempt(step(empty))
        assert refused.value.error_key == "database-not-empty"
    assert empty.undo(step(empty)) == ()
    assert sql(f"SHOW TABLES FROM {DATABASE}") == [("somebody",)]


def test_a_schema_of_another_release_is_refused_and_names_what_is_missing(empty: Kit, sql: Sql) -> None:
    sql(f"CREATE TABLE {DATABASE}.agn_dbversioninfo_tbl (version_number VARCHAR(15))")
    sql(f"INSERT INTO {DATABASE}.agn_dbversioninfo_tbl VALUES ('20.04.450')")
    with pytest.raises(RefusedError) as refused:
        empty.attempt(step(empty))
    assert refused.value.detail == ("20.07.001", "20.07.002")
    assert any("upgrade --to 20.10.000.152" in line for line in refused.value.next)


def test_a_version_that_is_missing_afterwards_fails_the_step(empty: Kit) -> None:
    empty.frontend({"classes/mandatoryDbChanges_mysql.csv": "20.04.450\n20.07.001\n20.07.002\n20.07.999\n"})
    with pytest.raises(WorkflowError) as failed:
        empty.attempt(step(empty))
    assert (failed.value.error_key, failed.value.detail) == ("sql-versions-missing", ("20.07.999",))


def test_a_package_without_a_full_schema_is_named(empty: Kit) -> None:
    for name in ("basic", "openemm"):
        (empty.home / FRONTEND / f"WEB-INF/sql/mysql/emm-mysql-fulldb-{name}.sql").unlink()
    with pytest.raises(WorkflowError) as failed:
        empty.attempt(step(empty))
    assert failed.value.error_key == "full-schema-missing"


def test_a_host_without_a_server_is_a_difference(tmp_path: Path) -> None:
    kit = Kit(tmp_path, admin_socket=tmp_path / "nobody.sock")
    assert kit.keys(step(kit)) == ["database.schema"]
