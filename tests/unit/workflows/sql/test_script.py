from __future__ import annotations

import pytest

from workflows.host.home import SqlFile, SqlKind
from workflows.model.errors import WorkflowError
from workflows.rules.sql.run import in_order
from workflows.rules.sql.script import Script, read_script


def script(text: str) -> Script:
    return read_script(SqlFile("x.sql", SqlKind.UPDATE, "19.10.100", "x.sql", "0"), text, whole=False)


def test_files_run_in_the_order_of_the_vendor_and_only_what_is_missing() -> None:
    names = ["emm-mysql-messages-openemm.sql", "emm-mysql-messages.sql", "emm-mysql-messages-deleted.sql"]
    messages = [SqlFile(name, SqlKind.MESSAGES, None, name, "0") for name in names]
    versions = ["20.01.596", "19.10.404", "20.07.492", "18.10.490"]
    updates = [SqlFile(f"emm-mysql-update-{v}-basic.sql", SqlKind.UPDATE, v, v, "0") for v in versions]
    rights = SqlFile("userrights.sql", SqlKind.USERRIGHTS, None, "userrights.sql", "0")
    found = in_order([rights, *updates, *messages], frozenset({"18.10.490", "20.07.492"}))
    assert [file.version or file.name for file in found] == [
        "emm-mysql-messages.sql",
        "emm-mysql-messages-deleted.sql",
        "emm-mysql-messages-openemm.sql",
        "19.10.404",
        "20.01.596",
        "userrights.sql",
    ]


def test_from_22_10_on_the_migration_is_last_whatever_the_database_has() -> None:
    def file(name: str, kind: SqlKind, version: str | None = None) -> SqlFile:
        return SqlFile(f"emm-mariadb-{name}.sql", kind, version, name, "0")

    migration, rights = file("migration", SqlKind.MIGRATION), SqlFile("userrights.sql", SqlKind.USERRIGHTS, None, "", "0")
    messages = [file(name, SqlKind.MESSAGES) for name in ("messages-openemm", "messages-deleted", "messages")]
    updates = [file(f"update-{v}-basic", SqlKind.UPDATE, v) for v in ("22.10.035", "21.04.000.079", "22.07.088")]
    found = in_order([migration, rights, *messages, *updates], frozenset({"22.10.035"}))
    assert [file.name.removeprefix("emm-mariadb-").removesuffix(".sql") for file in found] == [
        "messages", "messages-deleted", "messages-openemm", "update-21.04.000.079-basic", "update-22.07.088-basic",
        "userrights", "migration",
    ]  # fmt: skip


def test_a_file_that_rolls_back_is_refused_before_anything_runs() -> None:
    with pytest.raises(WorkflowError) as refused:
        script("INSERT INTO t VALUES (1);\nROLLBACK;")
    assert refused.value.error_key == "sql-not-supported"
    assert "ROLLBACK in line 2" in refused.value.message


def test_only_settings_and_what_is_still_executed_are_replayed() -> None:
    found = script(
        "SET sql_mode = ''; SET @a = 1; PREPARE p FROM @a; PREPARE q FROM @a; DEALLOCATE PREPARE q; EXECUTE p; SELECT 1"
    )
    assert found.to_replay(5) == [0, 2]
    assert found.to_replay(6) == [0]


def test_a_temporary_table_that_was_lost_is_a_gap_until_it_is_dropped() -> None:
    found = script("CREATE TEMPORARY TABLE T (a INT); INSERT INTO t VALUES (1); DROP TABLE t; SELECT 1")
    assert [bool(found.gap(at)) for at in range(4)] == [False, True, True, False]


def test_nothing_comes_between_a_statement_and_the_one_that_reads_its_row_count() -> None:
    found = script("UPDATE t SET a = 1; SET @n = ROW_COUNT(); SELECT 1")
    assert [found.bare(at) for at in range(3)] == [True, True, False]
    assert [bool(found.gap(at)) for at in range(3)] == [False, True, False]
