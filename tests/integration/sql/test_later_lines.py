"""What the SQL of 21.04 to 22.10 asks for, on a real server: repairs, four-part versions, migration (facts 20.3, 22.1, 24.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sql_kit import KILLED, Context, attempt, content, drive, make, step

from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.releases.catalogue import Catalogue
from tests.remedies.follow import seen
from workflows.checks.upgrade import administrator_group
from workflows.checks.upgrade.journey import Journey
from workflows.model.errors import WorkflowError
from workflows.model.finding import Severity
from workflows.model.plans import Hop as PlannedHop
from workflows.model.plans import LineRules, Release, UpgradePlan

pytestmark = pytest.mark.integration

DATABASE = "sql_later"
ROW = "INSERT INTO agn_dbversioninfo_tbl (version_number, updating_user, update_timestamp)\nVALUES ('{}', CURRENT_USER, NOW());\n"
BASE = """
CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY, updating_user VARCHAR(64), update_timestamp DATE);
CREATE TABLE messages_tbl (message_key VARCHAR(100), value VARCHAR(500));
CREATE TABLE permission_tbl (permission_name VARCHAR(50) PRIMARY KEY);
INSERT INTO permission_tbl VALUES ('mailing.show'), ('mailing.change');
CREATE TABLE admin_group_tbl (admin_group_id INT PRIMARY KEY, shortname VARCHAR(100));
CREATE TABLE admin_group_permission_tbl (admin_group_id INT, security_token VARCHAR(50));
CREATE TABLE admin_permission_tbl (
    admin_id INT, security_token VARCHAR(40), permission_name VARCHAR(50),
    CONSTRAINT `adm$perm$name$fk` FOREIGN KEY (permission_name) REFERENCES permission_tbl (permission_name)
);
INSERT INTO admin_permission_tbl VALUES (1, 'mailing.show', 'mailing.show');
CREATE TABLE migration_tbl (version_number VARCHAR(15), updating_user VARCHAR(64), update_timestamp DATETIME);
CREATE TABLE mailing_tbl (mailing_id INT PRIMARY KEY, send_date DATE);
INSERT INTO mailing_tbl VALUES (1, NULL), (2, NULL);
"""
KEY = "ALTER TABLE admin_permission_tbl ADD CONSTRAINT `adm$perm$fk` FOREIGN KEY (security_token) REFERENCES token_tbl (token);"
WITH_KEY = BASE + (
    "CREATE TABLE token_tbl (token VARCHAR(40) PRIMARY KEY);\nINSERT INTO token_tbl VALUES ('mailing.show');\n" + KEY
)
RENAMES = "emm-mysql-update-21.07.209-basic.sql"
AT_21_10 = {
    "emm-mysql-messages.sql": "TRUNCATE messages_tbl;\nINSERT INTO messages_tbl VALUES ('a', 'b');\n",
    "emm-mysql-update-21.04.000.079-basic.sql": "ALTER TABLE mailing_tbl ADD four INT;\n" + ROW.format("21.04.000.079"),
    "emm-mysql-update-21.07.100-basic.sql": "ALTER TABLE mailing_tbl ADD before_it INT;\n" + ROW.format("21.07.100"),
    RENAMES: """ALTER TABLE admin_group_permission_tbl CHANGE COLUMN security_token bk_token VARCHAR(50);
ALTER TABLE admin_permission_tbl CHANGE COLUMN security_token bk_token VARCHAR(50);
""" + ROW.format("21.07.209"),
    "userrights.sql": "DELETE FROM admin_group_permission_tbl;\n",
}  # fmt: skip
MIGRATION = "emm-mariadb-migration.sql"
AT_22_10 = {
    "emm-mariadb-messages.sql": "TRUNCATE messages_tbl;\nINSERT INTO messages_tbl VALUES ('a', 'c');\n",
    "emm-mariadb-messages-openemm.sql": "INSERT INTO messages_tbl VALUES ('openemm', 'd');\n",
    "emm-mariadb-update-22.07.161-basic.sql": "ALTER TABLE mailing_tbl ADD mark INT;\n" + ROW.format("22.07.161"),
    "userrights.sql": "DELETE FROM admin_group_permission_tbl;\n",
    MIGRATION: "UPDATE mailing_tbl SET send_date = '2022-10-01' WHERE send_date IS NULL;\n"
    "INSERT INTO migration_tbl VALUES ('22.07.154', USER(), CURRENT_TIMESTAMP);\nCOMMIT;\n",
}
RULES_21_10 = Catalogue.load().rules("21.10")
REPAIR = "ALTER TABLE `admin_permission_tbl` DROP FOREIGN KEY `adm$perm$fk`"

Hop = Callable[[str, Mapping[str, str]], Path]
Ask = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def hop(server: PrivateServer, tmp_path: Path) -> Hop:
    def build(base: str, files: Mapping[str, str]) -> Path:
        folder = tmp_path / "hop"
        make(folder, server.socket, DATABASE, base, files)
        return folder

    return build


@pytest.fixture
def ask(server: PrivateServer) -> Ask:
    def query(sql: str) -> list[tuple[object, ...]]:
        with server.connect(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    return query


def test_the_update_fails_half_way_on_a_column_with_a_foreign_key_when_nothing_is_repaired(hop: Hop) -> None:
    with pytest.raises(WorkflowError) as failed:
        drive(hop(WITH_KEY, AT_21_10))
    assert failed.value.message.startswith(f"cannot run {RENAMES}, statement 2 of 3, line 2: ERROR 1832")


def test_the_foreign_key_is_dropped_before_the_update_and_the_ledger_says_so(hop: Hop, ask: Ask) -> None:
    folder = hop(WITH_KEY, AT_21_10)
    context = Context(folder)
    done = drive(folder, context=context, rules=RULES_21_10)
    assert ask("SHOW COLUMNS FROM admin_permission_tbl LIKE 'bk_token'")
    assert RENAMES in done.facts["files"]
    assert len(done.facts["files"]) == len(AT_21_10), "a repair is no file of the package"
    assert "foreign keys dropped, or update 21.07.209 would fail (facts 22.1)" in context.notes
    repaired, updated = done.ledger
    assert (repaired.kind, updated.kind) == ("database-repaired", "database-updated")
    assert (repaired.evidence["before"], repaired.evidence["statements"]) == ("21.07.209", [REPAIR])
    ((_, definition),) = ask("SHOW CREATE TABLE admin_permission_tbl")
    assert str(definition).count("FOREIGN KEY") == 1
    assert "adm$perm$name$fk" in str(definition), "the key of another column stays"


def test_every_foreign_key_of_the_column_is_dropped_whatever_it_is_called(hop: Hop) -> None:
    folder = hop(WITH_KEY + KEY.replace("adm$perm$fk", "a `key`".replace("`", "``")), AT_21_10)
    (repaired, _) = drive(folder, rules=RULES_21_10).ledger
    assert repaired.evidence["statements"] == ["ALTER TABLE `admin_permission_tbl` DROP FOREIGN KEY `a ``key```", REPAIR]


def test_without_that_key_nothing_is_repaired_and_nothing_said(hop: Hop) -> None:
    folder = hop(BASE, AT_21_10)
    context = Context(folder)
    done = drive(folder, context=context, rules=RULES_21_10)
    assert (context.notes, [note.kind for note in done.ledger]) == ([], ["database-updated"])


def test_a_key_is_left_alone_when_the_update_is_not_pending(hop: Hop, ask: Ask) -> None:
    folder = hop(WITH_KEY + ROW.format("21.07.209"), AT_21_10)
    assert [note.kind for note in drive(folder, rules=RULES_21_10).ledger] == ["database-updated"]
    assert "adm$perm$fk" in str(ask("SHOW CREATE TABLE admin_permission_tbl"))


def test_killed_at_any_statement_the_repair_is_made_once_and_told(server: PrivateServer, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    make(folder, server.socket, DATABASE, WITH_KEY, AT_21_10)
    assert attempt(folder, log=folder / "places", rules=RULES_21_10) == 0
    expected, count = content(server.socket, DATABASE), (folder / "places").read_text().count("statement")
    for point in range(1, count + 1):
        folder = tmp_path / str(point)
        make(folder, server.socket, DATABASE, WITH_KEY, AT_21_10)
        assert attempt(folder, fault=point, rules=RULES_21_10) == KILLED, f"point {point} of {count}"
        repaired = drive(folder, rules=RULES_21_10).ledger[0]
        assert (repaired.kind, repaired.evidence["statements"]) == ("database-repaired", [REPAIR]), f"point {point}"
        assert content(server.socket, DATABASE) == expected, f"killed at point {point} of {count}"


def test_the_undo_of_the_hop_brings_the_key_back_and_a_restart_drops_it_again(hop: Hop, server: PrivateServer) -> None:
    folder = hop(WITH_KEY, AT_21_10)
    before = content(server.socket, DATABASE)
    drive(folder, rules=RULES_21_10)
    after = content(server.socket, DATABASE)
    context = Context(folder)
    step(RULES_21_10).undo(context)
    assert content(server.socket, DATABASE) == before
    context.remember(restart="openemm_kept_7k3q_h1_a1")
    drive(folder, context=context, rules=RULES_21_10)
    assert content(server.socket, DATABASE) == after


def test_a_four_part_version_is_recorded_required_and_not_run_again(hop: Hop, ask: Ask) -> None:
    folder = hop(BASE, AT_21_10)
    (folder / "mandatory").write_text("21.04.000.079\n21.07.100\n21.07.209\n")
    drive(folder, rules=RULES_21_10)
    assert ask("SELECT version_number FROM agn_dbversioninfo_tbl ORDER BY 1") == [
        ("21.04.000.079",), ("21.07.100",), ("21.07.209",)
    ]  # fmt: skip
    for name in ("journal", "intent"):
        (folder / name).unlink()
    assert drive(folder, rules=RULES_21_10).facts["files"] == ["emm-mysql-messages.sql", "userrights.sql"]


def test_the_migration_runs_last_and_in_every_run_though_no_update_is_pending(hop: Hop, ask: Ask) -> None:
    folder = hop(BASE, AT_22_10)
    first = drive(folder)
    assert first.facts["files"] == list(AT_22_10)
    assert ask("SELECT DISTINCT send_date IS NULL FROM mailing_tbl") == [(0,)]
    for name in ("journal", "intent"):
        (folder / name).unlink()
    ask("INSERT INTO mailing_tbl (mailing_id) VALUES (3)")
    assert drive(folder).facts["files"] == [name for name in AT_22_10 if "update" not in name]
    assert ask("SELECT COUNT(*) FROM migration_tbl") == [(2,)]
    assert ask("SELECT COUNT(*) FROM mailing_tbl WHERE send_date IS NULL") == [(0,)]
    assert ask("SELECT COUNT(*) FROM messages_tbl") == [(2,)]


def test_killed_in_the_migration_its_row_is_written_once(server: PrivateServer, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    make(folder, server.socket, DATABASE, BASE, AT_22_10)
    assert attempt(folder, log=folder / "places") == 0
    expected, count = content(server.socket, DATABASE), (folder / "places").read_text().count("statement")
    for point in range(count - 6, count + 1):
        folder = tmp_path / str(point)
        make(folder, server.socket, DATABASE, BASE, AT_22_10)
        assert attempt(folder, fault=point) == KILLED
        drive(folder)
        assert content(server.socket, DATABASE) == expected, f"killed at point {point} of {count}"


def test_a_migration_that_fails_stops_behind_the_updates_and_runs_that_statement_again(hop: Hop, ask: Ask) -> None:
    granted = (
        "INSERT INTO migration_tbl VALUES ('24.10.000', USER(), CURRENT_TIMESTAMP);\n"
        "INSERT INTO admin_permission_tbl (admin_id, permission_name) "
        "SELECT admin_group_id, 'inbox.show' FROM admin_group_tbl WHERE shortname = 'Administrator';\n"
    )
    base = BASE + "INSERT INTO admin_group_tbl VALUES (4, 'administrator');"
    folder = hop(base, {**AT_22_10, MIGRATION: granted})
    context = Context(folder)
    last = PlannedHop(1, "24.04.000.086", Release("24.10.000.102", ()), LineRules("24.10"), final=True)
    to_24_10 = UpgradePlan(last.source, last.target.version, (last,))
    (told,) = administrator_group.check(Journey(context.host, to_24_10))
    with pytest.raises(WorkflowError) as failed:
        drive(folder, context=context)
    assert failed.value.message.startswith(f"cannot run {MIGRATION}, statement 2 of 2, line 2: ERROR 1452")
    assert ask("SELECT version_number FROM agn_dbversioninfo_tbl") == [("22.07.161",)]
    seen(told.fix)
    ask("UPDATE admin_group_tbl SET shortname = 'Admins' WHERE shortname = 'Administrator'")
    (passed,) = administrator_group.check(Journey(context.host, to_24_10))
    assert passed.severity is Severity.PASSED
    drive(folder)
    assert ask("SELECT COUNT(*) FROM migration_tbl") == [(1,)]
