"""What can be said of backups without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.hosts.backups import definitions, swap
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.hosts.database.accounts import LOADS, Account, _may_restore, _quoted, _unquoted
from orchestrator.hosts.database.inventory import Inventory, differences, quote
from orchestrator.settings import Settings
from workflows.model.errors import UsageError


@pytest.fixture
def backups(tmp_path: Path) -> RealBackups:
    return RealBackups(Settings(home=tmp_path, state=tmp_path / "state"))


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a" * 65, "a b", "a\n"])
def test_an_id_that_is_no_plain_name_is_refused(backups: RealBackups, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        backups.find(name)
    assert caught.value.error_key == "backup-id-malformed"


def test_a_site_without_backups_has_none(backups: RealBackups) -> None:
    assert backups.list() == []
    assert backups.find("7K3Q-hop1") is None


def test_an_account_does_not_show_its_password() -> None:
    assert "secret" not in repr(Account("root", "secret"))


def test_the_option_file_is_private_and_has_no_name() -> None:
    with Account("me", 'a\\b"c#d', Path("/s")).option_file(None) as (argument, descriptor):
        path = Path(argument.removeprefix("--defaults-extra-file="))
        assert path == Path(f"/dev/fd/{descriptor}")
        assert (path.stat().st_mode & 0o777, path.stat().st_nlink) == (0o600, 0)
        assert path.read_text() == '[client]\nuser="me"\npassword="a\\\\b\\"c#d"\nsocket="/s"\n'
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "plain", "a\\b", 'q"u', "it's", "#;", "tab\there", "line\nbreak", " blanks ", "ß😀", "\\n"])
def test_a_value_of_an_option_file_is_read_as_it_was_written(text: str) -> None:
    assert _unquoted(_quoted(text)) == text


@pytest.mark.parametrize(
    ("grant", "enough"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", True),
        (f"GRANT {', '.join(LOADS)}, CREATE USER, SUPER ON *.* TO `a`@`b` WITH GRANT OPTION", True),
        (f"GRANT {', '.join(LOADS)}, CREATE USER, SET USER ON *.* TO `a`@`b` WITH GRANT OPTION", True),
        (f"GRANT {', '.join(LOADS)}, CREATE USER, SUPER ON *.* TO `a`@`b`", False),
        (f"GRANT {', '.join(LOADS)}, SUPER ON *.* TO `a`@`b` WITH GRANT OPTION", False),
        (f"GRANT {', '.join(LOADS)}, CREATE USER ON *.* TO `a`@`b` WITH GRANT OPTION", False),
        (f"GRANT {', '.join(LOADS - {'INSERT'})}, CREATE USER, SUPER ON *.* TO `a`@`b` WITH GRANT OPTION", False),
        ("GRANT ALL PRIVILEGES ON *.* TO `a`@`b`", False),
        ("GRANT ALL PRIVILEGES ON `openemm`.* TO `a`@`b`", False),
        ("GRANT USAGE ON *.* TO `a`@`b`", False),
    ],
)
def test_rights_that_are_enough_for_a_restore_are_known(grant: str, *, enough: bool) -> None:
    assert _may_restore(grant) is enough


def test_differences_name_the_thing_and_both_values() -> None:
    expected = Inventory({"A_tbl": 3, "b_tbl": 1, "moved_tbl": 5}, frozenset({"19.10.002"}), frozenset({"view a"}))
    found = Inventory({"a_tbl": 2, "c_tbl": 0, "moved_tbl": 9}, frozenset({"19.10.003"}), frozenset({"view A", "event e"}))
    assert differences(expected, found, except_rows_of=["moved_tbl"]) == [
        "table a_tbl: 3 rows expected, 2 rows restored",
        "table b_tbl: 1 rows expected, no table restored",
        "table c_tbl: no table expected, 0 rows restored",
        "database version 19.10.002: missing",
        "database version 19.10.003: not expected",
        "event e: not expected",
    ]


def test_the_temporary_database_has_a_name_that_the_server_takes() -> None:
    assert swap.temporary_name("openemm", "kept").startswith("openemm_restore_")
    assert len(swap.temporary_name("d" * 64, "kept")) == 64
    assert swap.temporary_name("d", "one") != swap.temporary_name("d", "two")


def test_only_an_old_dumps_own_line_is_aimed_at_another_database() -> None:
    lines = [
        b"ALTER DATABASE `old` CHARACTER SET a ;",
        b"SELECT 'ALTER DATABASE `old` CHARACTER SET b';",
        b"ALTER DATABASE `older` CHARACTER SET c ;",
    ]
    sql = b"\n".join(lines)
    assert definitions.as_their_own(sql, "old", "new`er") == sql.replace(b"ALTER DATABASE `old`", b"ALTER DATABASE `new``er`", 1)


def test_a_name_is_quoted_whatever_is_in_it() -> None:
    assert quote("a`b") == "`a``b`"
