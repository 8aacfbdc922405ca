"""Starts that failed on real hosts although log, exit code or page said otherwise (facts 17.5): the run does not go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from upgrade_kit import GUI_20_04, OF_20_10, Stages, same

from orchestrator.runs import start as running
from tests.crash.bench import Picture
from tests.remedies.follow import follow
from workflows.host.application import Tell

pytestmark = pytest.mark.integration


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give the runs that are resumed other limits of time than they were begun with."""
    read = running.plan_of

    def limit(seconds: float) -> None:
        monkeypatch.setattr(
            running, "plan_of", lambda *args: replace(read(*args), start_timeout=seconds, migrate_timeout=seconds)
        )

    return limit


def next_hop_has_not_begun(host: Stages) -> None:
    assert OF_20_10 not in host.versions()
    assert not list((host.host / "backups").glob("*-hop2"))


def test_an_exception_in_the_migration_stops_the_hop_and_a_resume_completes_it(first_hop: Stages, clean_20_04: Picture) -> None:
    first_hop.hook("migration-exception", "mailout")
    error = first_hop.say("resume").failed("hop1.migrate", "migration-failed")
    assert any("Cannot check installation validity" in line for line in error["detail"])
    assert any("-hop1, restored and compared" in line for line in error["unharmed"])
    assert any("has not begun" in line for line in error["unharmed"])
    next_hop_has_not_begun(first_hop)
    error = first_hop.say("resume").failed("hop1.migrate", "migration-failed")  # not mended yet: started again, failed again
    first_hop.mend("migration-exception")
    first_hop.until("hop1.record")
    assert first_hop.picture().database == clean_20_04.database


def test_a_migration_that_never_ends_is_given_up_in_time_and_waited_for_again(
    first_hop: Stages, impatient: Callable[[float], None]
) -> None:
    first_hop.hook("migration-hang", "reports")
    impatient(1.0)
    error = first_hop.say("resume").failed("hop1.migrate", "migration-timeout")
    assert any("Server startup in" in line for line in error["detail"])
    next_hop_has_not_begun(first_hop)
    first_hop.mend("migration-hang")
    stop = next(line for line in error["next"] if "emm.sh stop" in line)
    follow(stop)
    assert not first_hop.application()
    impatient(30.0)
    first_hop.until("hop1.record")


@pytest.mark.parametrize("moment", ["before the step", "at the start"])
def test_a_database_that_is_down_at_the_start_stops_the_hop(
    first_hop: Stages, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    first_hop.until("hop1.links")
    if moment == "before the step":
        first_hop.server.kill()
    else:
        from orchestrator.hosts.application.application import RealApplication

        start = RealApplication.start_frontend

        def without_database(self: RealApplication, tell: Tell) -> None:
            first_hop.server.kill()
            start(self, tell)

        monkeypatch.setattr(RealApplication, "start_frontend", without_database)
    answer = first_hop.say("resume")
    answer.failed("hop1.start" if moment == "before the step" else "hop1.migrate", "database-down")
    monkeypatch.undo()
    first_hop.server.start()
    next_hop_has_not_begun(first_hop)
    first_hop.until("hop1.record")


def test_a_database_that_denies_us_at_the_start_stops_the_hop(first_hop: Stages) -> None:
    first_hop.until("hop1.links")
    (password,) = first_hop.query("SELECT authentication_string FROM mysql.user WHERE user = 'openemm'")[0]
    first_hop.query("SET PASSWORD FOR openemm@localhost = PASSWORD('another')")
    first_hop.say("resume").failed("hop1.start", "database-access-denied")
    first_hop.query("SET PASSWORD FOR openemm@localhost = %s", password)
    first_hop.until("hop1.record")


def test_an_empty_database_at_the_start_stops_the_hop(first_hop: Stages) -> None:
    first_hop.until("hop1.links")
    kept = first_hop.dump()
    first_hop.load(None)
    first_hop.say("resume").failed("hop1.migrate", "start-failed")
    first_hop.load(kept)
    next_hop_has_not_begun(first_hop)
    first_hop.until("hop1.record")


def test_20_04_on_the_schema_of_19_10_stops_the_hop(first_hop: Stages) -> None:
    first_hop.until("hop1.links")
    kept = first_hop.dump()
    first_hop.load(first_hop.backup("-hop1"))
    error = first_hop.say("resume").failed("hop1.migrate", "start-failed")
    assert any("34 database updates are missing" in line for line in error["detail"]), error
    first_hop.load(kept)
    first_hop.until("hop1.record")


def test_20_04_on_the_schema_of_20_10_stops_the_hop_although_it_answers(second_hop: Stages) -> None:
    second_hop.until("hop2.database")
    newer = second_hop.dump()
    second_hop.put_back("first-hop")
    second_hop.until("hop1.links")
    second_hop.load(newer)
    error = second_hop.say("resume").failed("hop1.migrate", "migration-failed")
    assert any("are of another release" in line for line in error["detail"])
    assert not any(line.startswith("http-version") for line in error["detail"])


@pytest.mark.parametrize("line", ["19.10", "20.04"])
def test_20_10_on_an_older_schema_stops_the_hop(second_hop: Stages, line: str) -> None:
    second_hop.until("hop2.links")
    kept = second_hop.dump()
    second_hop.load(second_hop.backup("-hop1" if line == "19.10" else "-hop2"))
    key = "start-failed" if line == "19.10" else "migration-failed"  # on 20.04's it answers 200 and its version
    error = second_hop.say("resume").failed("hop2.migrate", key)
    assert any("database updates are missing" in said for said in error["detail"])
    assert any("-hop2, restored and compared" in said for said in error["unharmed"])
    second_hop.load(kept)
    second_hop.say("resume").completed()


def test_a_release_folder_without_web_xml_stops_the_hop(first_hop: Stages) -> None:
    first_hop.until("hop1.links")
    file = first_hop.home / GUI_20_04 / "WEB-INF/web.xml"
    kept = file.read_bytes()
    file.unlink()
    error = first_hop.say("resume").failed("hop1.migrate", "start-failed")
    assert "404" in error["message"]
    next_hop_has_not_begun(first_hop)
    file.write_bytes(kept)
    first_hop.until("hop1.record")


def test_20_10_is_never_reached_without_20_04(installed: Stages, as_installed: Picture) -> None:
    away = installed.host / "away"
    away.mkdir()
    for file in (installed.host / "packages").glob("*20.04*"):
        file.rename(away / file.name)
    error = installed.say("upgrade", "--to", "20.10", "--yes").refused(3, "line-missing")
    assert "20.04" in error["message"]
    same(as_installed, installed.picture())


def test_20_10_is_not_begun_when_20_04_was_updated_but_never_started(first_hop: Stages) -> None:
    first_hop.until("hop1.links")
    first_hop.forget()
    before = first_hop.picture()
    answer = first_hop.say("upgrade", "--to", "20.10", "--yes")
    error = answer.refused(3, "source-migrated")
    assert "companies without migrated values: 1, 2, 3" in error["message"]
    assert any("orchestrate restart" in line for line in error["detail"])
    same(before, first_hop.picture())
    first_hop.say("restart", "--yes").completed()
    assert first_hop.say("check", "--to", "20.10").code == 0


def test_damage_that_only_20_04_can_mend_stops_the_hop_to_20_10(first_hop: Stages) -> None:
    first_hop.until("hop1.record")
    first_hop.forget()
    first_hop.query("UPDATE startup_job_tbl SET state = 1")
    first_hop.query("DELETE FROM layout_tbl WHERE item_name = 'logo.png'")
    error = first_hop.say("upgrade", "--to", "20.10", "--yes").refused(3, "source-migrated")
    assert "layout_tbl lacks logo.png" in error["message"]
    first_hop.say("restart", "--yes").completed()
    assert {state for (state,) in first_hop.query("SELECT state FROM startup_job_tbl")} == {2}
    assert first_hop.say("check", "--to", "20.10").code == 0


def test_a_version_is_judged_by_the_line_behind_its_own_start(first_hop: Stages) -> None:
    """An application that another started meanwhile is not taken for ours."""
    first_hop.until("hop1.links")
    first_hop.start_by_hand()
    pids = set(first_hop.application())
    first_hop.until("hop1.record")
    assert not pids & set(first_hop.application())
