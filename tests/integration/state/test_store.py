"""Opening, creating, migrating and refusing a store."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from orchestrator.hosts.scratch.private_server import PrivateServer
from state.errors import StoreForeignError, StoreMissingError, StoreOutdatedError, StoreTooNewError, StoreUnavailableError
from state.ledger import EntryDraft
from state.schema import REVISIONS, metadata
from state.store import Store

ROOT = Path(__file__).parents[3]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def execute(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "state.db"
    with Store.open(path, tool_version="0.1.0") as store:
        store.ledger("prod").append([EntryDraft("run-started")], actor={})
        assert {file.name: mode(file) for file in path.parent.iterdir()} == {
            "state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600,
        }  # fmt: skip
    assert mode(path.parent) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(0o644)
    Store.open(path, tool_version="0.1.0").close()
    assert mode(path) == 0o600


def test_sqlite_writes_ahead_and_syncs_every_commit(tmp_path: Path) -> None:
    with Store.open(tmp_path / "state.db", tool_version="0.1.0") as store, store.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000}


def test_the_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.engine.connect() as connection:
        options = {"compare_type": connection.dialect.name == "sqlite"}  # the schema says TEXT where MariaDB has LONGTEXT
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]


def test_a_migration_that_was_cut_off_is_made_again(open_store, target) -> None:
    store = open_store()
    for statement in ("DELETE FROM alembic_version", "DROP TABLE leases", "DROP TRIGGER ledger_no_delete"):
        execute(store, statement)
    with open_store().engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


@pytest.mark.integration
def test_mariadb_tables_are_innodb_and_tell_case_apart(server_target: str) -> None:
    with Store.open(server_target, tool_version="0.1.0") as store, store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT engine, table_collation FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name <> 'alembic_version'"
        ).all()
        types = connection.exec_driver_sql(
            "SELECT DISTINCT data_type FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND data_type LIKE '%%text'"
        ).scalars()
        assert list(types) == ["longtext"]
    assert [tuple(row) for row in rows] == [("InnoDB", "utf8mb4_bin")]


def test_a_store_of_a_newer_tool_is_refused_and_left_alone(store: Store, target) -> None:
    execute(store, "UPDATE alembic_version SET version_num = '9999'")
    for readonly in (False, True):
        with pytest.raises(StoreTooNewError) as caught:
            Store.open(target, tool_version="0.1.0", readonly=readonly)
        assert caught.value.key == "store-too-new"
        assert "0.1.0" in caught.value.message
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"


def test_reading_only_does_not_create_a_store(target) -> None:
    with pytest.raises(StoreMissingError):
        Store.open(target, tool_version="0.1.0", readonly=True)
    if isinstance(target, Path):
        assert not target.parent.exists()


def test_reading_only_does_not_migrate_a_store(store: Store, target, monkeypatch) -> None:
    monkeypatch.setattr("state.store.REVISIONS", (*REVISIONS, "0002"))
    with pytest.raises(StoreOutdatedError):
        Store.open(target, tool_version="0.1.0", readonly=True)


def test_a_store_opened_for_reading_cannot_be_written(tmp_path: Path) -> None:
    Store.open(tmp_path / "state.db", tool_version="0.1.0").close()
    with Store.open(tmp_path / "state.db", tool_version="0.1.0", readonly=True) as store:
        assert store.journal.runs("prod") == []
        with pytest.raises(StoreUnavailableError, match="readonly"):
            store.ledger("prod").append([EntryDraft("run-started")], actor={})


@pytest.mark.integration
def test_a_schema_of_something_else_is_refused_and_left_alone(mariadb: PrivateServer, server_target: str) -> None:
    schema = server_target.partition("localhost/")[2].partition("?")[0]
    with mariadb.connect(schema) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(10))")
        with pytest.raises(StoreForeignError, match="agn_dbversioninfo_tbl"):
            Store.open(server_target, tool_version="0.1.0")
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("agn_dbversioninfo_tbl",),)


def test_several_that_open_a_new_store_at_once_all_get_it(open_store) -> None:
    results: list[object] = []

    def open_one() -> None:
        try:
            results.append(open_store().journal.runs("prod"))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            results.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[]] * 4


def test_opening_a_store_that_is_up_to_date_does_not_import_alembic(store: Store, target) -> None:
    code = (
        "import sys; from pathlib import Path; from state.store import Store;"
        f"target = {str(target)!r}; target = Path(target) if target.startswith('/') else target;"
        "Store.open(target, tool_version='0.1.0').close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_making_a_store_prints_nothing(tmp_path: Path) -> None:
    code = (
        "import logging; logging.basicConfig(level=logging.INFO); from pathlib import Path; from state.store import Store;"
        f"Store.open(Path({str(tmp_path / 'state.db')!r}), tool_version='0.1.0').close()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("url", ["postgresql://u:secret@localhost/x", "mysql+pymysql://u:secret@localhost", "u:secret"])
def test_a_url_that_is_none_of_ours_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        Store.open(url, tool_version="0.1.0")
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        Store.open(f"mysql+pymysql://root:secret@localhost/x?unix_socket={tmp_path}/none", tool_version="0.1.0")


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is a letter, not a database. " * 100)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        Store.open(tmp_path / "state.db", tool_version="0.1.0")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError):
        Store.open(tmp_path / "file" / "state.db", tool_version="0.1.0")


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger SET kind = 'x'", "DELETE FROM ledger", "REPLACE INTO ledger SELECT * FROM ledger WHERE seq = 1"]
)
def test_triggers_refuse_to_change_or_delete_an_entry(store: Store, statement: str) -> None:
    ledger = store.ledger("prod")
    ledger.append([EntryDraft("run-started")], actor={})
    with pytest.raises(DatabaseError, match="append-only"):
        execute(store, statement)
    assert ledger.verify().entries == 2
