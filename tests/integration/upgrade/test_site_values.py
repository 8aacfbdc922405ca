"""What an admin set, in files and in the database, is what the new releases work with (facts 1.4, 8.3, 17.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from upgrade_kit import Stages

from orchestrator.sandbox.home import BIRT_KEY, SITE_VALUES, WEBSERVICES_URL
from orchestrator.sandbox.packages import SHIPPED_SALT

pytestmark = pytest.mark.integration
BLOCKED = [key for key in SITE_VALUES if key.startswith(("mailaddress.", "system.url", "birt.url", "birt.drilldownurl"))]
SITE_FILES = (
    "conf/server.xml", "conf/hostname", "conf/web.xml", "conf/keys/emm.salt", "conf/keys/birt_private.pem",
    "conf/keys/birt_public.pem", "bin/emm.sh.additional.properties",
)  # fmt: skip


def insert(host: Stages, key: str, value: str) -> None:
    group, _, name = key.partition(".")
    host.query("INSERT INTO config_tbl (class, name, value) VALUES (%s, %s, %s)", group, name, value)


@pytest.mark.parametrize("value", ["", "http://[to be defined]"])
def test_a_row_that_would_block_the_sites_value_is_mended(one_hop: Stages, value: str) -> None:
    blocked = [key for key in BLOCKED if key not in one_hop.config()]
    for key in (*blocked, "webservices.url", "mailout.ini.domain"):
        insert(one_hop, key, value)
    one_hop.say("resume").completed()
    config = one_hop.config()
    assert {key: config[key] for key in BLOCKED} == {key: SITE_VALUES[key] for key in BLOCKED}
    assert (config["webservices.url"], config["mailout.ini.domain"]) == (WEBSERVICES_URL, "sandbox.test")
    (mended,) = [evidence["placeholders"] for kind, evidence in one_hop.ledger() if kind == "database-repaired"]
    assert set(mended) == {*blocked, "webservices.url", "mailout.ini.domain"}


def test_a_real_value_in_the_database_wins_over_the_files(one_hop: Stages) -> None:
    for key in ("system.url", "mailaddress.sender"):
        insert(one_hop, key, "https://set-by-hand.test")
    one_hop.say("resume").completed()
    config = one_hop.config()
    assert (config["system.url"], config["mailaddress.sender"]) == ("https://set-by-hand.test",) * 2
    assert not [key for key in config if key.startswith(("system.url@", "mailaddress.sender@"))]


def test_values_no_migration_moves_are_carried_and_every_value_is_in_the_database(one_hop: Stages) -> None:
    one_hop.say("resume").completed()
    config = one_hop.config()
    assert config["system.wkhtmltopdf"] == SITE_VALUES["wkhtmltopdf"]
    assert config["system.wkhtmltoimage"] == SITE_VALUES["wkhtmltoimage"]
    assert {key: config[key] for key in SITE_VALUES if not key.startswith("wkhtml")} == {
        key: value for key, value in SITE_VALUES.items() if not key.startswith("wkhtml")
    }
    assert BIRT_KEY in config["birt.privatekey"]
    assert config["mailout.ini.metadir"] == "${home}/var/spool/META"
    assert not [key for key, value in config.items() if "[to be defined]" in value]


def site_files(home: Path) -> dict[str, tuple[bytes, int]]:
    return {name: ((home / "tomcat" / name).read_bytes(), (home / "tomcat" / name).stat().st_mode) for name in SITE_FILES}


def test_the_salt_and_all_site_files_are_as_before_and_the_shipped_ones_lie_beside(second_hop: Stages) -> None:
    second_hop.put_back("start")
    before = site_files(second_hop.home)
    timeout = (second_hop.home / "webapps/emm/WEB-INF/web.xml").read_text()
    second_hop.put_back("second-hop")
    assert site_files(second_hop.home) == before
    second_hop.until("hop2.start")
    assert site_files(second_hop.home) == before
    assert "20.10" in str((second_hop.home / "tomcat").resolve())
    shipped = second_hop.home / "tomcat/conf/keys/emm.salt.new"
    assert shipped.read_text().strip() == SHIPPED_SALT
    assert (second_hop.home / "tomcat/conf/web.xml.new").exists()
    assert "<session-timeout>240<" in timeout
    assert "<session-timeout>240<" in (second_hop.home / "webapps/emm/WEB-INF/web.xml").read_text()


def test_plugins_that_the_start_of_20_10_deletes_are_kept(second_hop: Stages) -> None:
    plugin = "emm-plugins/sandbox.properties"
    before = (second_hop.home / plugin).read_text()
    second_hop.until("hop2.start")
    assert not (second_hop.home / plugin).exists()
    second_hop.say("abort", "--yes")
    assert (second_hop.home / plugin).read_text() == before
