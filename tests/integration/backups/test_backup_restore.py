"""Putting a dump back: the database as it was, what was there kept in full, and nothing astray."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest

from orchestrator.hosts.backups import swap
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.accounts import AdminMissingError, admin
from orchestrator.hosts.database.faults import DatabaseError
from workflows.model.errors import UsageError, WorkflowError

pytestmark = pytest.mark.integration


def refusal(act: Callable[[], Any], kind: type[WorkflowError] = BackupError) -> WorkflowError:
    with pytest.raises(kind) as caught:
        act()
    return caught.value


def test_the_whole_way_from_dump_to_restore(site: Any) -> None:
    before = site.content()
    site.proven()
    site.upgrade()
    upgraded = site.content()
    kept = site.restore()
    marks = before["table"].index("orchestrate_mark_tbl")
    del before["table"][marks], before["sums"]["orchestrate_mark_tbl"]
    assert site.content() == before
    assert site.content(kept) == upgraded
    assert site.databases() == {site.database, kept}
    assert site.backups.restored("R-hop1", keep_as=kept)


def test_a_restore_after_an_upgrade_leaves_nothing_that_stops_the_next_one(site: Any) -> None:
    """Facts 5.6: a dump restored over the upgraded database left tables behind, and the next upgrade failed with 1050."""
    site.trusted()
    site.upgrade()
    site.restore()
    site.upgrade()


def test_objects_work_in_both_databases_and_do_not_reach_into_the_other(site: Any) -> None:
    site.trusted()
    site.upgrade()
    kept = site.restore()
    site.sql("INSERT INTO customer_1_tbl (company_id, email) VALUES (1, 'new')")
    site.sql("INSERT INTO company_tbl VALUES (7, 'seven', NULL)", database=kept)
    assert site.sql("SELECT entry FROM log_tbl") == [("added new",)]
    assert site.sql("SELECT entry FROM log_tbl", database=kept) == [("company",)]
    assert site.value("SELECT greeting FROM second_view LIMIT 1") == "Grüß Gott; Café 😀"
    assert site.value("SELECT greet('x')", kept) == "Grüß Gott; x"
    assert site.sql(
        "SELECT CONSTRAINT_SCHEMA, UNIQUE_CONSTRAINT_SCHEMA FROM information_schema.REFERENTIAL_CONSTRAINTS"
        f" WHERE CONSTRAINT_SCHEMA LIKE '{site.database}%' ORDER BY 1"
    ) == [(site.database, site.database), (kept, kept)]


def test_definers_stay_and_events_of_the_kept_copy_stand_still(site: Any) -> None:
    site.trusted()
    site.sql("CREATE DEFINER = 'nobody'@'nowhere' EVENT strange ON SCHEDULE EVERY 1 HOUR DO SELECT 1")
    kept = site.restore()
    events = "SELECT EVENT_NAME, DEFINER, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '{}' ORDER BY 1"
    admin = site.settings.database.admin_user
    assert site.sql(events.format(site.database)) == [("nightly", f"{admin}@localhost", "ENABLED")]
    assert site.sql(events.format(kept)) == [
        ("nightly", f"{admin}@localhost", "DISABLED"),
        ("strange", "nobody@nowhere", "DISABLED"),
    ]
    for database in (site.database, kept):
        assert "`nobody`@`nowhere`" in site.sql("SHOW CREATE PROCEDURE foreign_owner", database=database)[0][2]


def test_a_routine_keeps_the_collation_it_was_made_under_and_so_does_the_database(site: Any) -> None:
    site.sql(
        f"ALTER DATABASE {site.database} CHARACTER SET latin1 COLLATE latin1_german1_ci",
        "CREATE FUNCTION old_one(a VARCHAR(5)) RETURNS VARCHAR(5) DETERMINISTIC RETURN a",
        f"ALTER DATABASE {site.database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    )
    site.trusted()
    site.sql(f"ALTER DATABASE {site.database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    kept = site.restore()
    collation = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{}'"
    assert site.value(collation.format(site.database)) == "utf8mb4_unicode_ci"
    assert site.value(collation.format(kept)) == "utf8mb4_bin"
    for database in (site.database, kept):
        assert site.sql("SHOW CREATE FUNCTION old_one", database=database)[0][5] == "latin1_german1_ci"


def test_a_definition_that_names_the_database_does_not_stop_the_restore_and_is_told(site: Any) -> None:
    site.trusted()
    site.sql(f"CREATE TRIGGER {site.database}.naming BEFORE INSERT ON {site.database}.log_tbl FOR EACH ROW SET NEW.entry = 'x'")
    kept = site.restore()
    assert json.loads((site.folder / f"swap-{kept}.json").read_text())["not_kept"] == ["trigger naming"]
    assert "naming" in (site.folder / f"swap-{kept}.sql").read_text()
    assert site.names(kept)["trigger"] == ["customer_added"]


def test_a_table_of_today_may_have_the_name_of_a_view_of_then(site: Any) -> None:
    site.trusted()
    site.sql(
        "DROP VIEW second_view",
        "CREATE TABLE second_view (a INT)",
        "DROP TABLE log_tbl",
        "CREATE VIEW log_tbl AS SELECT 1 AS one",
    )
    kept = site.restore()
    assert "second_view" in site.names()["view"]
    assert "log_tbl" in site.names()["table"]
    assert "second_view" in site.names(kept)["table"]
    assert "log_tbl" in site.names(kept)["view"]


def test_the_applications_account_still_reaches_its_database(site: Any) -> None:
    site.trusted()
    site.restore()
    account, database = accounts.application(site.settings)
    with account.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO log_tbl VALUES ('still')")


def test_two_restores_in_a_row_keep_two_databases(site: Any) -> None:
    site.trusted()
    site.sql("INSERT INTO log_tbl VALUES ('first')")
    first = site.restore("one")
    site.sql("INSERT INTO log_tbl VALUES ('second')")
    second = site.restore("two")
    assert [site.sql("SELECT entry FROM log_tbl", database=name) for name in (first, second)] == [[("first",)], [("second",)]]
    assert site.value("SELECT COUNT(*) FROM log_tbl") == 0


def test_restoring_again_after_the_end_does_nothing(site: Any) -> None:
    site.trusted()
    site.upgrade()
    kept = site.restore()
    record = (site.folder / f"swap-{kept}.json").read_text()
    site.restore()
    assert (site.folder / f"swap-{kept}.json").read_text() == record


def test_a_database_that_changed_after_its_restore_is_not_taken_for_restored(site: Any) -> None:
    site.trusted()
    kept = site.restore()
    site.upgrade()
    upgraded = site.content()
    assert not site.backups.restored("R-hop1", keep_as=kept)
    error = refusal(site.restore)
    assert error.error_key == "kept-database-exists"
    assert "table customer_1_tbl: 500 rows expected, 400 rows restored" in error.detail
    assert site.content() == upgraded


def test_a_name_that_is_taken_is_refused_before_anything_changes(site: Any) -> None:
    site.trusted()
    site.sql(f"CREATE DATABASE {site.database}_kept")
    before = site.content()
    assert refusal(site.restore).error_key == "kept-database-exists"
    assert site.content() == before
    assert site.databases() == {site.database, f"{site.database}_kept"}
    assert not site.backups.restored("R-hop1", keep_as=f"{site.database}_kept")


def test_a_kept_database_that_was_dropped_since_is_told(site: Any) -> None:
    site.trusted()
    kept = site.restore()
    site.sql(f"DROP DATABASE {kept}")
    assert not site.backups.restored("R-hop1", keep_as=kept)
    assert refusal(site.restore).error_key == "kept-database-missing"


def test_a_foreign_database_of_the_temporary_name_is_not_dropped(site: Any) -> None:
    site.trusted()
    temporary = swap.temporary_name(site.database, f"{site.database}_kept")
    site.sql(f"CREATE DATABASE {temporary}")
    assert refusal(site.restore).error_key == "restore-database-exists"
    assert temporary in site.databases()


def test_a_backup_that_was_never_proven_is_not_restored(site: Any) -> None:
    site.create()
    assert refusal(site.restore).error_key == "backup-not-verified"
    assert site.databases() == {site.database}


def test_a_damaged_dump_is_found_before_the_server_is_touched(site: Any) -> None:
    site.trusted()
    path = site.folder / "dump.sql.zst"
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(site.restore).error_key == "backup-corrupt"
    assert site.databases() == {site.database}


def test_a_name_for_the_kept_database_must_be_plain(site: Any) -> None:
    site.trusted()
    for name in ("", "a-b", "a`b", "x" * 65, site.database.upper()):
        with pytest.raises(UsageError) as caught:
            site.backups.restore("R-hop1", keep_as=name, progress=lambda done, total: None)
        assert caught.value.error_key == "kept-name-malformed"


def test_a_database_in_use_is_told_and_the_restore_goes_on_once_it_is_free(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "LOCK_SECONDS", 1)
    site.trusted()
    site.upgrade()
    upgraded = site.content()
    with site.server.connect(site.database) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLES image_tbl READ")
        assert refusal(site.restore, DatabaseError).error_key == "database-busy"
    kept = site.restore()
    assert site.content(kept) == upgraded
    assert site.databases() == {site.database, kept}


def test_a_server_that_died_in_the_middle_of_the_renames_is_gone_on_with(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 10.6 a statement that renames many tables is not atomic: some, in order, are moved."""
    site.trusted()
    site.upgrade()
    upgraded = site.content()
    statement = swap.Swap._sql

    def half(self: swap.Swap, sql: str, *values: object) -> None:
        if not sql.startswith("RENAME"):
            return statement(self, sql, *values)
        moves = sql.removeprefix("RENAME TABLE ").split(", ")
        statement(self, "RENAME TABLE " + ", ".join(moves[:9]))  # all seven that are there, and two of the dump's
        raise BackupError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(swap.Swap, "_sql", half)
        refusal(site.restore)
    kept = site.restore()
    assert site.content(kept) == upgraded
    assert site.backups.restored("R-hop1", keep_as=kept)


def test_tables_that_are_nowhere_stop_the_restore(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.trusted()

    def stop(self: swap.Swap, progress: Any) -> None:
        raise BackupError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(swap.Swap, "_move", stop)
        refusal(site.restore)
    site.sql("DROP TABLE log_tbl")
    error = refusal(site.restore)
    assert error.error_key == "swap-tables-missing"
    assert error.detail == ("log_tbl",)


def test_a_client_left_behind_by_a_cut_is_ended_before_its_database_is_made_again(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.trusted()

    def stop(self: swap.Swap, progress: Any) -> None:
        raise BackupError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(swap.Swap, "_load", stop)
        refusal(site.restore)
    temporary = swap.temporary_name(site.database, f"{site.database}_kept")
    site.sql(f"CREATE DATABASE {temporary}")
    left = site.server.connect(temporary)
    try:
        site.restore()
        with pytest.raises(pymysql.err.MySQLError):
            left.query("CREATE TABLE stray (a INT)")
    finally:
        left.close()


def test_without_an_account_that_may_create_databases_there_is_no_restore(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.backups.can_restore()
    socket = site.settings.database.socket
    database = site.settings.database.model_copy(update={"socket": None})
    site.settings = site.settings.model_copy(update={"database": database})
    monkeypatch.setattr("orchestrator.hosts.database.accounts.SOCKETS", (socket,))
    assert admin(site.settings).socket == socket, "the distribution's own server is found"
    monkeypatch.setattr("orchestrator.hosts.database.accounts.SOCKETS", ())
    error = refusal(site.backups.can_restore, AdminMissingError)
    assert error.error_key == "database-admin-missing"
    assert any("ADMIN_SOCKET" in line for line in error.next)


def with_option_file(site: Any, text: str, mode: int = 0o600) -> Path:
    path = site.settings.home / "admin.cnf"
    path.write_text(text)
    path.chmod(mode)
    database = site.settings.database.model_copy(update={"admin_option_file": path})
    site.settings = site.settings.model_copy(update={"database": database})
    return path


def test_an_admin_account_with_a_password_restores_through_its_option_file(site: Any) -> None:
    user = f"admin_{site.database}"
    site.sql(
        f"CREATE USER '{user}'@'localhost' IDENTIFIED BY 'p\"#\\\\ w'",
        f"GRANT ALL ON *.* TO '{user}'@'localhost' WITH GRANT OPTION",
    )
    try:
        with_option_file(site, f'[client]\nuser = {user}\npassword = "p\\"#\\\\ w"\n')
        site.trusted()
        assert site.restore() in site.databases()
    finally:
        site.sql(f"DROP USER '{user}'@'localhost'")


def test_an_account_with_too_few_rights_is_refused(site: Any) -> None:
    user = "oe" + site.database.removeprefix("backups")
    password = "s3 cr#t'\\\"\\\\x;ß"
    with_option_file(site, f'[client]\nuser={user}\npassword="{password}"\n')
    error = refusal(site.backups.can_restore, AdminMissingError)
    assert "may not create databases" in error.message


def test_an_option_file_that_cannot_be_used_is_told(site: Any) -> None:
    for text, mode, why in (
        ("[client]\nuser=root\n", 0o644, "open to others"),
        ("no section", 0o600, "cannot read"),
        ("[client]\nuser=none\n", 0o600, "refuses user"),
    ):
        with_option_file(site, text, mode)
        assert why in refusal(site.backups.can_restore, AdminMissingError).message
