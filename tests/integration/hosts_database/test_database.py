"""What is asked of OpenEMM's database, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pymysql
import pytest

from orchestrator.hosts.database.database import RealDatabase
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.settings import DatabaseSettings, Settings
from tests.remedies.follow import follow_on_terminal
from workflows.host.database import Report, StartupJob
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.integration

NAME = "database_test"
PASSWORD = "not-to-be-seen"
Run = Callable[..., None]


@pytest.fixture
def run(mariadb: PrivateServer) -> Iterator[Run]:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        cursor.execute(f"USE {NAME}")
        cursor.execute(f"CREATE OR REPLACE USER emm@localhost IDENTIFIED BY '{PASSWORD}'")
        cursor.execute(f"GRANT ALL ON {NAME}.* TO emm@localhost")

        def execute(*statements: str) -> None:
            for statement in statements:
                cursor.execute(statement)

        yield execute
        cursor.execute("DROP USER emm@localhost")


def opened(home: Path, socket: Path, *, password: str = PASSWORD, name: str = NAME) -> RealDatabase:
    (home / "etc").mkdir(exist_ok=True)
    (home / "etc/dbcfg").write_text(f"openemm: dbms=mariadb, host=localhost, user=emm, password={password}, name={name}\n")
    return RealDatabase(Settings(name="x", home=home, database=DatabaseSettings(socket=socket)))


@pytest.fixture
def database(mariadb: PrivateServer, run: Run, tmp_path: Path) -> Iterator[RealDatabase]:
    found = opened(tmp_path, mariadb.socket)
    yield found
    found.close()


def test_an_empty_schema_answers_every_question_with_nothing(database: RealDatabase) -> None:
    assert database.ping().startswith("10.")
    assert "STRICT_ALL_TABLES" in database.sql_mode()
    empty = (
        database.versions(), database.row_counts(), database.schema(), database.dispatches(3600), database.startup_jobs(),
        database.companies_not_migrated(), database.layout_items(), database.reports(), database.config(),
        database.release_log("EMM"), database.duplicate_config_keys(), database.long_table_names(),
    )  # fmt: skip
    assert not any(empty)
    assert database.size() == database.error_log_count() == 0


def test_rows_versions_and_columns_are_told_without_our_own_table(database: RealDatabase, run: Run) -> None:
    run(
        "CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY)",
        "INSERT INTO agn_dbversioninfo_tbl VALUES ('20.07.492'), ('19.10.002')",
        "CREATE VIEW v AS SELECT 1 AS one",
    )
    database.session().close()
    assert database.versions() == {"20.07.492", "19.10.002"}
    assert database.row_counts() == {"agn_dbversioninfo_tbl": 2}
    assert database.schema() == {"agn_dbversioninfo_tbl": ["version_number"], "v": ["one"]}
    assert database.size() > 0
    database.drop_marks()
    database.drop_marks()


MAILDROP = (
    "CREATE TABLE maildrop_status_tbl (status_id INT AUTO_INCREMENT PRIMARY KEY, mailing_id INT, status_field VARCHAR(10), "
    "genstatus INT, genchange TIMESTAMP NULL, senddate TIMESTAMP NULL, gendate TIMESTAMP NULL)"
)


@pytest.mark.parametrize(
    ("genstatus", "field", "minutes", "key"),
    [
        (2, "W", 119, "generating"), (2, "W", 121, None), (2, "R", 119, "generating"), (2, "D", 119, "generating"),
        (2, "E", 14, "generating"), (2, "E", 16, None), (2, "A", 16, None), (1, "W", 9, "ready"), (1, "W", 11, None),
        (1, "A", 9, "ready"), (1, "T", 9, "ready"), (1, "R", 9, None), (3, "W", 1, None), (4, "W", 1, None), (0, "W", 1, None),
    ],
)  # fmt: skip
def test_generation_is_told_by_the_vendors_rule(
    database: RealDatabase, run: Run, *, genstatus: int, field: str, minutes: int, key: str | None
) -> None:
    run(
        MAILDROP,
        "INSERT INTO maildrop_status_tbl (mailing_id, status_field, genstatus, genchange) "
        f"VALUES (42, '{field}', {genstatus}, NOW() - INTERVAL {minutes} MINUTE)",
    )
    found = database.dispatches(0)
    assert [dispatch.key for dispatch in found] == ([key] if key else [])
    for dispatch in found:
        assert dispatch.mailing == 42
        assert dispatch.since is not None
        assert abs((datetime.now(UTC) - dispatch.since).total_seconds() - minutes * 60) < 60


def test_planned_sending_and_jobs_are_told(database: RealDatabase, run: Run) -> None:
    run(
        MAILDROP,
        "INSERT INTO maildrop_status_tbl (mailing_id, status_field, genstatus, senddate) VALUES "
        "(1, 'W', 0, NOW() + INTERVAL 10 MINUTE), (2, 'W', 0, NOW() + INTERVAL 90 MINUTE), (3, 'W', 0, NOW() - INTERVAL 9 DAY)",
        "CREATE TABLE mailing_tbl (mailing_id INT, work_status VARCHAR(40))",
        "INSERT INTO mailing_tbl VALUES (7, 'mailing.status.sending'), (8, 'mailing.status.sent')",
        "CREATE TABLE mailing_account_tbl (mailing_id INT, timestamp TIMESTAMP NULL)",
        "INSERT INTO mailing_account_tbl VALUES (7, NOW() - INTERVAL 5 MINUTE)",
        "CREATE TABLE job_queue_tbl (id INT, description VARCHAR(64), running INT, laststart TIMESTAMP NULL)",
        "INSERT INTO job_queue_tbl VALUES (1, 'BirtReports', 1, NULL), (2, 'DBCleaner', 0, NULL)",
    )
    found = database.dispatches(3600)
    assert [(dispatch.key, dispatch.mailing) for dispatch in found] == [("sending", 7), ("job", None), ("planned", 1)]
    assert found[0].since is not None
    assert found[1].what == "job BirtReports is running"
    assert [dispatch.key for dispatch in database.dispatches(0)] == ["sending", "job"]


def test_the_servers_own_clock_is_told(database: RealDatabase) -> None:
    assert abs((datetime.now(UTC) - database.clock()).total_seconds()) < 60


def test_a_jdbc_connect_that_names_another_database_is_told_with_the_value_that_would_agree(
    database: RealDatabase, mariadb: PrivateServer, tmp_path: Path
) -> None:
    file = tmp_path / "etc/dbcfg"
    assert database.other_database() is None  # there is no jdbc-connect
    own = file.read_text().rstrip()
    url = f"jdbc:mariadb://localhost/{NAME}?localSocket={mariadb.socket}"
    file.write_text(f"{own}, jdbc-connect={url}&useUnicode=true\n")
    assert database.other_database() is None
    for another in (url.replace(NAME, "payroll"), url.replace("localSocket=", "localSocket=/tmp")):
        file.write_text(f"{own}, jdbc-connect={another}\n")
        found = database.other_database()
        assert found is not None
        assert found.wanted == url
    file.write_text(f"{own}, jdbc-connect={found.wanted}\n")
    assert database.other_database() is None


def test_what_a_start_has_migrated_is_told(database: RealDatabase, run: Run, tmp_path: Path) -> None:
    here = "news.example.test"
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/hostname").write_text(f"{here}\n")
    run(
        "CREATE TABLE company_tbl (company_id INT)", "INSERT INTO company_tbl VALUES (1), (2), (3)",
        "CREATE TABLE company_info_tbl (company_id INT, cname VARCHAR(64), cvalue VARCHAR(4000))",
        "INSERT INTO company_info_tbl VALUES (1, 'CompanyValuesMigrated', 'true'), (2, 'CompanyValuesMigrated', 'false')",
        "CREATE TABLE layout_tbl (company_id INT, item_name VARCHAR(50), data LONGBLOB)",
        "INSERT INTO layout_tbl VALUES (0, 'logo.png', NULL), (0, 'logo.svg', x'00'), (1, 'other', x'00')",
        "CREATE TABLE startup_job_tbl (id INT, classname VARCHAR(1000), company_id INT, enabled INT, state INT)",
        "INSERT INTO startup_job_tbl VALUES (1, 'Job', 1, 1, 1), (2, 'Job', NULL, 0, 0)",
        "CREATE TABLE release_log_tbl (host_name VARCHAR(64), application_name VARCHAR(64), version_number VARCHAR(15), "
        "startup_timestamp TIMESTAMP NULL)",
        f"INSERT INTO release_log_tbl VALUES ('{here}', 'EMM', '1', FROM_UNIXTIME(100)), ('{here}', 'WS', '3', NULL), "
        f"('{here}', 'EMM', '2', FROM_UNIXTIME(200)), ('another', 'EMM', '9', FROM_UNIXTIME(300))",
    )  # fmt: skip
    assert database.companies_not_migrated() == [2, 3]
    assert database.companies() == [1, 2, 3]
    assert database.layout_items() == {"logo.png": False, "logo.svg": True}
    assert database.startup_jobs() == [StartupJob(1, "Job", 1, True, 1), StartupJob(2, "Job", None, False, 0)]
    assert database.release_log("EMM") == [("2", datetime.fromtimestamp(200, UTC)), ("1", datetime.fromtimestamp(100, UTC))]
    assert database.release_log("WS") == []
    database.reset_startup_job(1)
    database.empty_layout()
    assert database.startup_jobs()[0].state == 0
    assert database.layout_items() == {}


def test_reports_are_told_before_and_after_their_columns_changed(database: RealDatabase, run: Run) -> None:
    run(
        "CREATE TABLE birtreport_tbl (report_id INT, email VARCHAR(500), send_date TIMESTAMP NULL, delivery_date TIMESTAMP NULL)",
        "INSERT INTO birtreport_tbl VALUES (1, 'a@example.com', '2020-01-01', NULL), (2, NULL, NULL, NULL)",
    )
    assert database.reports() == [
        Report(1, (), None, None, None, "a@example.com", due=True),
        Report(2, (), None, None, None),
    ]
    run(
        "ALTER TABLE birtreport_tbl ADD laststart TIMESTAMP NULL, ADD nextstart TIMESTAMP NULL, ADD intervalpattern VARCHAR(50), "
        "DROP email, DROP send_date, DROP delivery_date",
        "UPDATE birtreport_tbl SET nextstart = '2020-02-02 02:02:02', intervalpattern = 'Mo:0800' WHERE report_id = 1",
        "CREATE TABLE birtreport_recipient_tbl (birtreport_id INT, email VARCHAR(100))",
        "INSERT INTO birtreport_recipient_tbl VALUES (1, 'b@example.com'), (1, 'a@example.com')",
    )
    assert database.reports()[0] == Report(1, ("a@example.com", "b@example.com"), None, "2020-02-02 02:02:02", "Mo:0800")


def test_configuration_with_and_without_host_names(database: RealDatabase, run: Run) -> None:
    run(
        "CREATE TABLE config_tbl (class VARCHAR(32), name VARCHAR(64), value TEXT)",
        "INSERT INTO config_tbl VALUES ('a', 'b.c', '1')",
    )
    assert database.config() == {"a.b.c": [(None, "1")]}
    assert database.duplicate_config_keys() == []
    assert database.replace_placeholders({"a.b.c": "2"}) == []
    run(
        "ALTER TABLE config_tbl ADD hostname VARCHAR(100)",
        "INSERT INTO config_tbl VALUES ('a', 'b.c', '1', 'h'), ('a', 'b.c', '', 'h')",
        "INSERT INTO config_tbl VALUES ('n', 'n', '1', NULL), ('n', 'n', '2', NULL)",
        "INSERT INTO config_tbl VALUES ('system', 'url', '[to be defined]', NULL), ('e', 'e', '', ''), ('h', 'h', NULL, 'h')",
    )
    assert database.duplicate_config_keys() == ["a.b.c on h"]
    assert database.config()["a.b.c"] == [(None, "1"), ("h", ""), ("h", "1")]
    assert database.replace_placeholders({"system.url": "x", "e.e": "y", "h.h": "z", "n.n": "3", "new.key": "4"}) == [
        "system.url",
        "e.e",
    ]
    assert database.config()["system.url"] == [(None, "x")]


def test_long_names_with_a_foreign_collation_are_told(database: RealDatabase, run: Run) -> None:
    run(
        f"CREATE TABLE {'a' * 33} (a INT) COLLATE utf8mb4_general_ci",
        f"CREATE TABLE {'b' * 33} (a INT) COLLATE utf8mb4_unicode_ci",
        f"CREATE TABLE {'c' * 32} (a INT) COLLATE utf8mb4_general_ci",
    )
    assert database.long_table_names() == ["a" * 33]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"password": "wrong-and-secret"}, "database-access-denied"),
        ({"name": "elsewhere"}, "database-access-denied"),
        ({"socket": Path("/nowhere.sock")}, "database-down"),
    ],
)
def test_a_database_that_cannot_be_reached_says_why_and_never_the_password(
    mariadb: PrivateServer, run: Run, tmp_path: Path, change: dict[str, object], key: str
) -> None:
    database = opened(tmp_path, **{"socket": mariadb.socket, **change})  # type: ignore[arg-type]
    with pytest.raises(WorkflowError) as failed:
        database.ping()
    assert failed.value.error_key == key
    assert failed.value.next
    assert "secret" not in str(failed.value.as_dict())
    assert PASSWORD not in str(failed.value.as_dict())
    if "password" in change:
        assert follow_on_terminal(failed.value.next[0], str(change["password"]), socket=mariadb.socket)[0] == 1
        assert follow_on_terminal(failed.value.next[0], PASSWORD, "quit", socket=mariadb.socket)[0] == 0


def test_a_database_that_is_not_there_is_named(mariadb: PrivateServer, run: Run, tmp_path: Path) -> None:
    run("GRANT ALL ON *.* TO emm@localhost")
    with pytest.raises(WorkflowError, match="there is no database elsewhere") as failed:
        opened(tmp_path, mariadb.socket, name="elsewhere").versions()
    assert failed.value.error_key == "database-missing"


def test_a_connection_that_was_lost_is_made_once_more(mariadb: PrivateServer, database: RealDatabase, run: Run) -> None:
    run("CREATE TABLE t (a INT)")
    assert database.row_counts() == {"t": 0}
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'emm'")
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
    assert database.row_counts() == {"t": 0}
    run(f"DROP DATABASE {NAME}", f"CREATE DATABASE {NAME}", f"USE {NAME}", "CREATE TABLE u (a INT)")
    assert database.row_counts() == {"u": 0}


def test_a_server_that_restarts_is_found_again(open_folder: Path, tmp_path: Path) -> None:
    server = PrivateServer(open_folder / "restarts", small=True)
    server.create()
    server.start()
    try:
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
            cursor.execute(f"GRANT ALL ON {NAME}.* TO emm@localhost IDENTIFIED BY '{PASSWORD}'")
        database = opened(tmp_path, server.socket)
        assert database.ping()
        server.kill()
        with pytest.raises(WorkflowError) as failed:
            database.ping()
        assert failed.value.error_key == "database-down"
        server.start()
        assert database.ping()
        database.close()
    finally:
        server.destroy()


def test_what_the_server_refuses_is_an_error_of_ours(database: RealDatabase) -> None:
    with pytest.raises(WorkflowError) as failed:
        database.empty_layout()
    assert failed.value.error_key == "database-refused"
    assert isinstance(failed.value.__cause__, pymysql.err.MySQLError)
