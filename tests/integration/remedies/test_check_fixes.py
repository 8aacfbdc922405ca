"""What `check` prints behind `fix`, done as it is printed: the check passes then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.upgrade.upgrade_kit import Stages
from tests.remedies.follow import follow, seen

pytestmark = pytest.mark.integration
LONG = "a_table_of_the_site_with_a_name_that_is_long"
ROW = "INSERT INTO config_tbl (class, name, hostname, value) VALUES ('site', 'key', 'here', %s)"
CHECK = ("check", "--to", "20.04")


@pytest.fixture(scope="module")
def host(stages: Stages) -> Stages:
    """On 19.10; each test leaves it well."""
    stages.put_back("start")
    return stages


def found(host: Stages, key: str) -> dict[str, Any] | None:
    """What check says of that key, when it is not well."""
    findings = host.say(*CHECK).last["findings"]
    return next((f for f in findings if f["key"] == key and f["severity"] not in {"passed", "unknown"}), None)


def fix(host: Stages, key: str, **named: str) -> str:
    """Do what is printed, and see that it helped; the text."""
    finding = found(host, key)
    assert finding, key
    follow(finding["fix"], site=host.host, socket=host.server.socket, named=named)
    assert found(host, key) is None
    return str(finding["fix"])


def test_rights_that_are_missing_are_granted(host: Stages) -> None:
    host.query("REVOKE ALL ON openemm.* FROM openemm@localhost")
    host.query("GRANT SELECT, INSERT, UPDATE, DELETE ON openemm.* TO openemm@localhost")
    fix(host, "database-rights")


def test_a_long_table_name_is_converted(host: Stages) -> None:
    host.query(f"CREATE TABLE {LONG} (id INT) CHARACTER SET latin1")
    try:
        fix(host, "long-table-names")
    finally:
        host.query(f"DROP TABLE {LONG}")


def test_a_key_that_stands_twice_is_shown_and_one_row_goes(host: Stages) -> None:
    for value in ("meant", "not meant"):
        host.query(ROW, value)
    finding = found(host, "duplicate-config-keys")
    assert finding
    shown = follow(finding["fix"], site=host.host, socket=host.server.socket).stdout
    assert "not meant" in shown
    host.query("DELETE FROM config_tbl WHERE class = 'site' AND value = 'not meant' LIMIT 1")
    assert found(host, "duplicate-config-keys") is None
    host.query("DELETE FROM config_tbl WHERE class = 'site'")


def test_an_update_that_is_missing_is_run(host: Stages) -> None:
    (version,) = host.query("SELECT MAX(version_number) FROM agn_dbversioninfo_tbl WHERE version_number LIKE '19.10.%'")[0]
    host.query("DELETE FROM agn_dbversioninfo_tbl WHERE version_number = %s", version)
    fix(host, "database-complete")


def test_the_modes_of_the_guide_are_set(host: Stages) -> None:
    ((before,),) = host.query("SELECT @@GLOBAL.sql_mode")
    host.query("SET GLOBAL sql_mode = 'ORACLE'")
    finding = found(host, "sql-mode")
    assert finding
    seen(finding["fix"])
    host.query("SET GLOBAL sql_mode = %s", finding["fix"].partition("sql-mode=")[2].partition(" ")[0])
    assert found(host, "sql-mode") is None
    host.query("SET GLOBAL sql_mode = %s", before)
