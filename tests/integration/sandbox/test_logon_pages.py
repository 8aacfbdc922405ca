"""What the stand-in's pages and starts do that a kinder one would not (facts 24.3)."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from sandbox_kit import Sandbox

pytestmark = pytest.mark.integration

NEWS = "Cannot read the news"


def test_the_logon_page_of_20_04_logs_an_error_with_its_trace_at_every_call(updated: Sandbox) -> None:
    updated.start()
    before = updated.log.read_text()
    assert NEWS not in before
    for _ in range(3):
        assert updated.get("/logon.action")[0] == 200
        updated.version()
    written = updated.log.read_text().removeprefix(before)
    assert written.count(NEWS) == 3
    assert written.count("\tat com.agnitas.") == 90


def test_the_logon_page_of_19_10_asks_nobody(sandbox: Sandbox) -> None:
    sandbox.hook("logon-waits", "30")
    sandbox.start()
    assert sandbox.get("/logon.action")[0] == 200
    assert NEWS not in sandbox.log.read_text()


def test_the_logon_page_waits_while_the_version_is_told_at_once(both: Sandbox) -> None:
    both.hook("logon-waits", "2")
    both.start()
    began = time.monotonic()
    page = threading.Thread(target=both.get, args=("/logon.action",))
    page.start()
    assert both.version() == (200, "20.10.000.152")
    assert time.monotonic() - began < 1.5
    page.join()
    assert time.monotonic() - began >= 2


def test_the_logon_page_really_connects(updated: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        updated.hook("internet", f"127.0.0.1:{server.getsockname()[1]}")
        updated.start()
        assert updated.get("/logon.action")[0] == 200
        server.settimeout(5)
        server.accept()[0].close()
    assert NEWS not in updated.log.read_text()


def test_a_form_is_answered_without_a_database(updated: Sandbox) -> None:
    updated.start()
    updated.server.stop()
    assert updated.get("/form.do")[0] == 200
    assert updated.get("/logon.action")[0] == 500


def test_the_application_works_on_what_jdbc_connect_names(both: Sandbox) -> None:
    both.query("CREATE DATABASE twin")
    both.query("GRANT ALL ON twin.* TO openemm@localhost")
    for (table,) in both.query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'openemm'"):
        both.query(f"CREATE TABLE twin.{table} AS SELECT * FROM openemm.{table}")
    file = both.home / "etc/dbcfg"
    file.write_text(file.read_text().replace("//localhost/openemm?", "//localhost/twin?"))
    both.start()
    assert both.version() == (200, "20.10.000.152")
    assert both.get("/logon.action")[0] == 200
    assert both.query("SELECT COUNT(*) FROM twin.release_log_tbl WHERE application_name = 'EMM'") == ((1,),)
    assert both.query("SELECT COUNT(*) FROM openemm.release_log_tbl WHERE application_name = 'EMM'") == ((0,),)


def test_every_start_touches_the_texts(sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.query("UPDATE messages_tbl SET change_date = '2020-01-01'")
        sandbox.start()
        touched = sandbox.query("SELECT COUNT(*) FROM messages_tbl WHERE change_date > '2020-01-01'")
        assert touched[0][0] > 0
        sandbox.stop()


def test_the_first_start_of_20_10_deletes_the_plugin_folders_and_logs_one_row_a_version(both: Sandbox) -> None:
    both.start()
    assert not (both.home / "emm-plugins").exists()
    assert not (both.home / "birt-plugins").exists()
    both.stop()
    both.start()
    assert both.query("SELECT COUNT(*) FROM release_log_tbl WHERE application_name = 'EMM'") == ((1,),)
