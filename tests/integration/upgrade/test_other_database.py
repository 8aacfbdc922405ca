"""Another database behind the page: the application uses jdbc-connect, all others host= and name= (facts 24.3)."""

from __future__ import annotations

import subprocess

import pytest
from upgrade_kit import Stages

from tests.remedies.follow import follow
from workflows.steps.application import this_database

pytestmark = pytest.mark.integration


def point_jdbc_at(host: Stages, name: str) -> bytes:
    """Let jdbc-connect name another database of the same server; the file as it was."""
    file = host.home / "etc/dbcfg"
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b"//localhost/openemm?", f"//localhost/{name}?".encode()))
    return kept


def test_it_is_refused_before_the_stop_and_the_fix_mends_it(installed: Stages) -> None:
    point_jdbc_at(installed, "payroll")
    error = installed.say("upgrade", "--to", "20.04", "--yes").refused(3, "dbcfg-differs")
    assert "jdbc-connect names database payroll, name=openemm" in error["message"]
    assert installed.application()
    (fix,) = (line for line in error["detail"] if "fix: sed" in line)
    follow(fix)
    assert installed.say("check", "--to", "20.04").code == 0
    assert f"//localhost/openemm?localSocket={installed.server.socket}," in (installed.home / "etc/dbcfg").read_text()


def test_a_restart_is_refused_with_all_running_and_goes_on_once_it_is_mended(installed: Stages) -> None:
    point_jdbc_at(installed, "payroll")
    pids = installed.application()
    answer = installed.say("restart", "--yes")
    error = answer.failed("restart.stop", "dbcfg-differs")
    assert installed.application() == pids
    for way in error["next"]:
        follow(way, site=installed.host)
    assert installed.say("status").last["open_run"] is None


def test_a_twin_of_the_database_behind_the_page_is_not_taken_for_it(second_hop: Stages) -> None:
    """All that a page or a log could tell is right there: it is another database all the same."""
    second_hop.until("hop2.links")
    second_hop.query("CREATE DATABASE twin CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", database=None)
    twin = second_hop.dump()
    subprocess.run(["mariadb", f"--socket={second_hop.server.socket}", "twin"], input=twin, check=True)
    second_hop.query("GRANT ALL ON twin.* TO openemm@localhost", database=None)
    kept = point_jdbc_at(second_hop, "twin")
    error = second_hop.say("resume").failed("hop2.migrate", "migration-failed")
    assert any(line.startswith("dbcfg: jdbc-connect names database twin") for line in error["detail"])
    assert any(line.startswith("release-log: ") for line in error["detail"])
    assert second_hop.query("SELECT version_number FROM release_log_tbl WHERE application_name = 'EMM'", database="twin")
    (second_hop.home / "etc/dbcfg").write_bytes(kept)
    second_hop.say("resume").completed()


def test_a_start_that_has_not_logged_itself_here_is_repeated_by_a_resume(
    second_hop: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(this_database, "LATE", 1.0)
    monkeypatch.setattr(this_database, "LATE_AGAIN", 0.5)
    second_hop.until("hop2.start")
    second_hop.query("UPDATE release_log_tbl SET host_name = 'another.host' WHERE application_name = 'EMM'")
    error = second_hop.say("resume").failed("hop2.migrate", "migration-failed")
    assert any("it has none of this host" in line for line in error["detail"])
    second_hop.say("resume").completed()
