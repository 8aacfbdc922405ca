"""What a start leaves in the database, and what a kill during it leaves for good (facts 17.2 to 17.4)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Sandbox

from orchestrator.sandbox.home import SITE_VALUES, WEBSERVICES_URL
from orchestrator.sandbox.startup import LAYOUT_ITEMS, MAIL_ADDRESSES

pytestmark = pytest.mark.integration


def test_the_first_start_of_20_04_stores_what_was_carried(updated: Sandbox) -> None:
    before = len(updated.config())
    log = updated.start()
    config = updated.config()
    assert "Server startup in" in log
    assert "ERROR" not in log
    assert updated.version() == (200, "20.04.000.200")
    assert len(config) == before + 31  # 33 of facts 17.2 without the two BIRT keys that 19.10 stored
    carried = (*MAIL_ADDRESSES, "system.url", "birt.url", "system.mail.host")
    assert {key: config[key] for key in carried} == {key: SITE_VALUES[key] for key in carried}
    assert config["webservices.url"] == WEBSERVICES_URL
    assert config["mailout.ini.domain"] == "sandbox.test"
    assert config["mailout.ini.metadir"] == "${home}/var/spool/META"
    assert config["system.wkhtmltopdf"] == "/usr/bin/wkhtmltopdf"
    assert not {"birt.url.intern", "mailout.ini.maildir"} & config.keys()
    assert not [key for key in config if "@" in key]


def test_the_first_start_of_20_04_marks_every_company_and_fills_the_layout(updated: Sandbox) -> None:
    updated.start()
    seen = updated.snapshot()
    migrated = "SELECT company_id FROM company_info_tbl WHERE cname = 'CompanyValuesMigrated' AND cvalue = 'true' ORDER BY 1"
    assert updated.query(migrated) == ((1,), (2,), (3,))
    assert {name for name, data in seen["layout"] if data} == set(LAYOUT_ITEMS)
    assert {state for _, state in seen["jobs"]} == {2}
    assert [status for _, status in seen["company"]] == ["active", "locked", "locked"]
    assert seen["recipients"]


def test_only_values_other_than_the_default_are_copied(updated: Sandbox) -> None:
    updated.start()
    names = {row[0] for row in updated.query("SELECT cname FROM company_info_tbl WHERE company_id = 1")}
    assert "expire.statistics" in names
    assert "expire.recipient" not in names


def test_a_report_without_dates_stays_without_them(updated: Sandbox) -> None:
    updated.query("UPDATE birtreport_tbl SET send_date = NULL, delivery_date = NULL WHERE report_id = 1")
    updated.start()
    assert updated.query("SELECT laststart, nextstart FROM birtreport_tbl WHERE report_id = 1") == ((None, None),)


@pytest.mark.parametrize("state", ["updated", "both"])
def test_a_second_start_changes_nothing(state: str, request: pytest.FixtureRequest) -> None:
    sandbox: Sandbox = request.getfixturevalue(state)
    sandbox.start()
    first = sandbox.snapshot()
    sandbox.stop()
    assert "ERROR" not in sandbox.start()
    assert sandbox.snapshot() == first


def test_20_10_logs_its_release_and_deletes_plugins(both: Sandbox) -> None:
    assert (both.home / "emm-plugins").is_dir()
    both.start()
    rows = dict(both.query("SELECT application_name, version_number FROM release_log_tbl"))
    assert rows["EMM"] == "20.10.000.152"
    assert not (both.home / "emm-plugins").exists()
    assert not (both.home / "birt-plugins").exists()


@pytest.mark.parametrize("value", ["[to be defined]", ""])
def test_a_marker_and_an_empty_row_block_the_files_value(updated: Sandbox, value: str) -> None:
    blocked = ("system.url", "birt.url", "birt.drilldownurl", *MAIL_ADDRESSES)
    for key in (*blocked, "mailout.ini.domain", "webservices.url"):
        group, _, name = key.partition(".")
        updated.query(f"INSERT INTO config_tbl (class, name, value) VALUES ('{group}', '{name}', '{value}')")
    updated.start()
    config = updated.config()
    assert {config[key] for key in blocked} == {value}
    assert config["mailout.ini.domain"] == "sandbox.test"
    assert config["webservices.url"] == WEBSERVICES_URL


def test_defaults_of_the_package_are_stored_for_good(updated: Sandbox) -> None:
    carried = updated.home / "webapps/emm/WEB-INF/classes/emm.properties"
    right = carried.read_bytes()
    packaged = updated.home / "webapps/statistics/WEB-INF/classes/emm.properties"
    carried.write_bytes(packaged.read_bytes())
    updated.start()
    updated.stop()
    carried.write_bytes(right)
    updated.start()
    config = updated.config()
    assert config["system.url"] == "http://[to be defined]"
    assert config["mailaddress.sender"] == "openemm@example.com"


def test_a_setting_of_the_mail_generator_changed_by_the_admin_gets_a_row_for_the_host(updated: Sandbox) -> None:
    updated.start()
    updated.stop()
    updated.query("UPDATE config_tbl SET value = 'other.test' WHERE name = 'ini.domain'")
    updated.query("UPDATE config_tbl SET value = 'https://other.test' WHERE class = 'system' AND name = 'url'")
    updated.start()
    config = updated.config()
    assert config["mailout.ini.domain"] == "other.test"
    assert config["mailout.ini.domain@news.sandbox.test"] == "sandbox.test"
    assert config["system.url"] == "https://other.test"
    assert "system.url@news.sandbox.test" not in config


@pytest.mark.parametrize("point", ["before-migration", "mailaddress-insert", "birt-recipient", "company-2"])
def test_a_kill_that_the_next_start_makes_good(clean: dict[str, Any], updated: Sandbox, point: str) -> None:
    updated.killed_start(point)
    assert updated.snapshot() != clean
    updated.start()
    assert updated.snapshot() == clean


def test_a_kill_at_the_logo_is_never_made_good(updated: Sandbox) -> None:
    updated.killed_start("logo-insert")
    updated.start()
    layout = dict(updated.query("SELECT item_name, data FROM layout_tbl"))
    assert layout["logo.png"] is None
    assert "edition_logo.png" not in layout


def test_a_job_that_was_begun_is_never_ended(updated: Sandbox) -> None:
    updated.killed_start("job-state")
    assert "ERROR" not in updated.start()
    assert updated.query("SELECT MIN(id), state FROM startup_job_tbl WHERE state = 1") == ((1, 1),)


def test_the_repair_of_17_4_gives_what_a_clean_run_gives(clean: dict[str, Any], updated: Sandbox) -> None:
    updated.killed_start("logo-insert")
    updated.killed_start("job-state")
    updated.query("DELETE FROM layout_tbl")
    updated.query("UPDATE startup_job_tbl SET state = 0 WHERE state = 1")
    updated.start()
    assert updated.snapshot() == clean


def test_a_value_that_is_lost_is_told_nowhere(updated: Sandbox) -> None:
    updated.hook("value-lost", "mailaddress.sender mailout.ini.domain")
    log = updated.start()
    assert "ERROR" not in log
    assert updated.version() == (200, "20.04.000.200")
    assert not {"mailaddress.sender", "mailout.ini.domain"} & updated.config().keys()
    assert "mailaddress.replyto" in updated.config()


def test_a_job_that_failed_is_not_tried_again(updated: Sandbox) -> None:
    updated.hook("job-fails")
    updated.start()
    updated.stop()
    (updated.home / "etc/sandbox.d/job-fails").unlink()
    updated.start()
    assert {state for (state,) in updated.query("SELECT state FROM startup_job_tbl")} == {3}


def test_a_report_that_lost_its_recipients_is_not_looked_at_again(updated: Sandbox) -> None:
    updated.hook("report-lost")
    assert "ERROR" not in updated.start()
    updated.stop()
    (updated.home / "etc/sandbox.d/report-lost").unlink()
    updated.start()
    assert not updated.snapshot()["recipients"]
