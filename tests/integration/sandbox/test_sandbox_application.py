"""Every row of the table in facts 17.5: what log and answers say of a start that failed or met a wrong schema."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest
from sandbox_kit import Sandbox

from orchestrator.settings import load

pytestmark = pytest.mark.integration

STARTED = "Server startup in"
SEVERE = "Context [] startup failed"
INVALID = "Cannot check installation validity"
MIGRATED = "SELECT COUNT(*) FROM company_info_tbl WHERE cname = 'CompanyValuesMigrated'"


def says(log: str) -> tuple[bool, bool, bool]:
    """Whether the log says that the server started, that a bean could not be made, and that the context failed."""
    return STARTED in log, "BeanCreationException" in log, SEVERE in log


@pytest.mark.parametrize("step", ["config-values", "company-values", "layout"])
def test_an_exception_in_the_migration(updated: Sandbox, step: str) -> None:
    updated.hook("migration-exception", step)
    log = updated.start()
    assert says(log) == (True, False, False)
    assert log.count("ERROR") == log.count(INVALID) == 1
    assert updated.version() == (200, "20.04.000.200")
    seen = updated.snapshot()
    assert not seen["layout"]
    assert bool(updated.query(MIGRATED)[0][0]) == (step == "layout")
    assert {state for _, state in seen["jobs"]} == {2}


def test_no_database(sandbox: Sandbox) -> None:
    sandbox.server.stop()
    assert says(sandbox.start()) == (True, False, True)
    assert sandbox.version()[0] == 404


def test_a_database_that_denies(sandbox: Sandbox) -> None:
    sandbox.query("ALTER USER 'openemm'@'localhost' IDENTIFIED BY 'another'")
    assert says(sandbox.start()) == (True, False, True)
    assert sandbox.version()[0] == 404


def test_an_empty_database(sandbox: Sandbox) -> None:
    sandbox.query("DROP DATABASE openemm")
    with sandbox.server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE openemm")
    assert says(sandbox.start()) == (True, False, True)
    assert sandbox.version()[0] == 404


def test_20_04_code_on_the_schema_of_19_10(sandbox: Sandbox) -> None:
    sandbox.install("20.04")
    log = sandbox.start()
    assert says(log) == (True, False, True)
    assert len(log) > 2_000_000
    assert sandbox.version()[0] == 404


def test_20_10_after_its_sql_on_19_10(sandbox: Sandbox) -> None:
    sandbox.install("20.10", carry=False)
    sandbox.update_schema("20.10")
    assert says(sandbox.start()) == (True, False, True)
    assert sandbox.version()[0] == 404


def test_20_10_code_on_the_schema_of_20_04(updated: Sandbox) -> None:
    updated.install("20.10", carry=False)
    log = updated.start()
    assert says(log) == (True, False, False)
    assert "ERROR" in log
    assert len(log) > 2_000_000
    assert updated.version() == (200, "20.10.000.152")
    assert updated.get("/logon.action")[0] == 200


def test_20_04_code_on_the_schema_of_20_10(both: Sandbox) -> None:
    both.install("20.04")
    log = both.start()
    assert says(log) == (True, False, False)
    assert "ERROR" in log
    assert len(log) > 2_000_000
    assert both.version() == (200, "20.04.000.200")
    assert both.get("/logon.action")[0] == 200


def test_a_release_folder_without_web_xml(sandbox: Sandbox) -> None:
    (sandbox.home / "webapps/emm/WEB-INF/web.xml").unlink()
    assert says(sandbox.start()) == (True, False, False)
    assert sandbox.version()[0] == 404


def test_20_04_never_started_loses_everything_and_nothing_shows_it(updated: Sandbox) -> None:
    updated.install("20.10", carry=False)
    updated.update_schema("20.10")
    log = updated.start()
    assert says(log) == (True, False, False)
    assert INVALID not in log
    assert updated.version() == (200, "20.10.000.152")
    assert ("EMM",) in updated.query("SELECT application_name FROM release_log_tbl")
    assert {state for _, state in updated.query("SELECT id, state FROM startup_job_tbl")} == {2}
    config = updated.config()
    assert config["system.mail.host"] == "localhost"
    lost = ("mailaddress.", "mailout.ini.", "webservices.url", "system.url", "birt.url", "system.wkhtml")
    assert not [key for key in config if key.startswith(lost)]
    assert not updated.query(MIGRATED)[0][0]


def test_20_10_after_a_proven_20_04_starts_clean(both: Sandbox) -> None:
    before = both.config()
    log = both.start()
    assert says(log) == (True, False, False)
    assert log.count("ERROR") == 2
    assert both.config() == before
    assert both.version() == (200, "20.10.000.152")


def test_the_version_is_told_from_memory_and_the_logon_page_is_not(sandbox: Sandbox) -> None:
    sandbox.start()
    assert sandbox.get("/logon.action")[0] == 200
    sandbox.server.stop()
    assert sandbox.version() == (200, "19.10.000.170")
    assert sandbox.get("/logon.action")[0] == 500
    assert sandbox.get("/serverstatus/dbstatus.action") == (200, "ACCESS DENIED")


def test_a_migration_that_hangs_does_not_answer_and_ends_when_told(updated: Sandbox) -> None:
    updated.hook("migration-hang")
    updated.log.write_text("")
    assert updated.script("emm.sh", "start", limit=1).exit_code == 0
    assert STARTED not in updated.log.read_text()
    assert updated.running()
    begun = time.monotonic()
    updated.stop()
    assert time.monotonic() - begun < 10  # 20 s later the script would have killed it


def test_a_server_that_does_not_listen_logs_that_it_started(sandbox: Sandbox) -> None:
    sandbox.hook("no-listen")
    assert STARTED in sandbox.start()
    assert sandbox.version() == (0, "")


def test_a_taken_port_is_logged_and_the_start_goes_on(sandbox: Sandbox) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", urlsplit(load(str(sandbox.folder), {}).http).port or 0))
        other.listen()
        log = sandbox.start()
    assert "Failed to initialize connector" in log
    assert STARTED in log
    assert sandbox.running()
