"""Triggers, routines, events and views come back as they were made: in their session, their character set and their order."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from orchestrator.hosts.backups import definitions
from orchestrator.hosts.backups.definitions import Definitions
from orchestrator.hosts.database.accounts import Account

pytestmark = pytest.mark.integration
MADE: dict[str, tuple[str, str, list[bytes]]] = {  # the session's character set, its SQL mode, and what is made in it
    "latin1": ("latin1", "", [
        "CREATE FUNCTION f_l() RETURNS VARCHAR(9) CHARSET utf8mb4 DETERMINISTIC RETURN 'ü€'".encode("cp1252"),
        "CREATE TRIGGER t_l BEFORE INSERT ON log_tbl FOR EACH ROW SET NEW.entry = CONCAT(NEW.entry, 'ü€')".encode("cp1252"),
        "CREATE VIEW v_l AS SELECT 'ü€' AS `grün`".encode("cp1252"),
        "CREATE EVENT e_l ON SCHEDULE EVERY 1 YEAR COMMENT 'ü€' DO SELECT 'ü€'".encode("cp1252"),
    ]),
    "names and comments of latin1": ("latin1", "", [
        "CREATE PROCEDURE `grün`(`ä` INT) COMMENT 'ü ''x'' \\\\ €' SELECT 'ü€', `ä`".encode("cp1252"),
        "CREATE FUNCTION `fü`() RETURNS INT DETERMINISTIC COMMENT 'ü\\n' RETURN 1".encode("cp1252"),
        "CREATE EVENT `eü` ON SCHEDULE EVERY 1 YEAR COMMENT 'ü' DO SELECT 'ü€'".encode("cp1252"),
        "CREATE TRIGGER `tü` BEFORE INSERT ON log_tbl FOR EACH ROW SET NEW.entry = 'ü'".encode("cp1252"),
        "CREATE VIEW `vü` AS SELECT 'ü' AS `ü`".encode("cp1252"),
    ]),
    "a character set in which a byte of a letter is a backslash": ("sjis", "", [
        "CREATE PROCEDURE p_s() COMMENT '表ソ' SELECT '表ソ'".encode("shift_jis"),
        "CREATE FUNCTION f_s() RETURNS VARCHAR(9) CHARSET utf8mb4 DETERMINISTIC RETURN '表ソ'".encode("shift_jis"),
        "CREATE VIEW v_s AS SELECT '表ソ' AS a".encode("shift_jis"),
    ]),
    "names in double quotes": ("utf8mb4", "ANSI_QUOTES", [
        b'CREATE TRIGGER "t a" BEFORE INSERT ON log_tbl FOR EACH ROW SET NEW."entry" = CONCAT(NEW."entry", \'"\')',
        b'CREATE VIEW "v a" AS SELECT "entry" FROM "log_tbl"',
    ]),
    "backslashes that escape nothing": ("utf8mb4", "NO_BACKSLASH_ESCAPES", [
        b"CREATE FUNCTION f_b() RETURNS VARCHAR(9) DETERMINISTIC RETURN '\\'",
        b"CREATE TRIGGER t_b BEFORE INSERT ON log_tbl FOR EACH ROW SET NEW.entry = CONCAT(NEW.entry, '\\')",
    ]),
    "bars that join": ("utf8mb4", "PIPES_AS_CONCAT", [
        b"CREATE FUNCTION f_p() RETURNS VARCHAR(9) DETERMINISTIC RETURN 'a' || 'b'",
    ]),
    "a package": ("utf8mb4", "ORACLE", [
        b"CREATE PACKAGE p_o AS FUNCTION f RETURN INT; END",
        b"CREATE PACKAGE BODY p_o AS FUNCTION f RETURN INT AS BEGIN RETURN 7; END; END",
    ]),
    "triggers in an order of their own": ("utf8mb4", "", [
        b"CREATE TRIGGER z BEFORE INSERT ON log_tbl FOR EACH ROW SET NEW.entry = CONCAT(NEW.entry, 'z')",
        b"CREATE TRIGGER b BEFORE INSERT ON log_tbl FOR EACH ROW PRECEDES z SET NEW.entry = CONCAT(NEW.entry, 'b')",
        b"CREATE TRIGGER c BEFORE INSERT ON log_tbl FOR EACH ROW FOLLOWS b SET NEW.entry = CONCAT(NEW.entry, 'c')",
    ]),
    "views that name each other in columns, and are made in the wrong order": ("utf8mb4", "", [
        b"CREATE VIEW z_v AS SELECT 1 AS `a_v`", b"CREATE VIEW a_v AS SELECT a_v AS z_v FROM z_v",
    ]),
}  # fmt: skip
RESULTS = {
    "latin1": ("SELECT f_l(), `grün` FROM v_l", ("ü€", "ü€")),
    "a character set in which a byte of a letter is a backslash": ("SELECT f_s(), a FROM v_s", ("表ソ", "表ソ")),
    "backslashes that escape nothing": ("SELECT f_b(), 1", ("\\", 1)),
    "bars that join": ("SELECT f_p(), 1", ("ab", 1)),
}


def admin(site: Any) -> Account:
    return Account("root", "", site.settings.database.socket)


def made(site: Any, character_set: str, mode: str, statements: list[bytes]) -> None:
    with admin(site).connect(site.database) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+05:00'")
        cursor.execute(f"SET sql_mode = '{mode}'")
        cursor.execute(f"SET NAMES {character_set}")
        for statement in statements:
            cursor.execute(statement)  # type: ignore[call-overload]


def held(site: Any) -> Definitions:
    return definitions.read(admin(site), site.database)


@pytest.mark.parametrize("kind", MADE)
def test_what_a_session_made_is_made_again(site: Any, kind: str) -> None:
    made(site, *MADE[kind])
    before = held(site)
    assert definitions.parsed(definitions.text(before)) == before
    site.proven()
    site.restore()
    assert held(site) == before
    if kind in RESULTS:
        sql, wanted = RESULTS[kind]
        assert site.sql(sql) == [wanted]
    if kind.startswith("triggers"):
        site.sql("INSERT INTO log_tbl VALUES ('')")
        assert site.sql("SELECT entry FROM log_tbl") == [("bcz",)]


def test_what_was_made_under_another_collation_of_the_database_is_made_under_it(site: Any) -> None:
    site.sql(
        f"ALTER DATABASE {site.database} COLLATE latin1_german1_ci", "CREATE FUNCTION f_c(a VARCHAR(9)) RETURNS INT RETURN 1"
    )
    site.sql(f"ALTER DATABASE {site.database} COLLATE utf8mb4_unicode_ci")
    before = held(site)
    assert sum(len(one) == 4 for one in before.each) == 1
    site.proven()
    site.restore()
    assert held(site) == before
    sql = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()"
    assert site.sql(sql) == [("utf8mb4_unicode_ci",)]


def test_one_that_comes_back_otherwise_is_found(site: Any) -> None:
    before = held(site)
    site.sql("DROP PROCEDURE tidy", "CREATE PROCEDURE tidy() BEGIN DELETE FROM log_tbl WHERE entry = ';;'; END")
    (told,) = before.differ(held(site))
    assert "PROCEDURE `tidy`" in told


def test_two_statements_are_none(site: Any) -> None:
    """What the protocol is trusted with."""
    two = (b"SET sql_mode = ''", b"CREATE PROCEDURE p_two() SELECT 1; CREATE USER evil@localhost")
    (told,) = definitions.make(admin(site), site.database, [two])
    assert "syntax" in told
    assert not site.sql("SELECT 1 FROM mysql.user WHERE user = 'evil'")
    with admin(site).connect() as connection, pytest.raises(pymysql.err.ProgrammingError):
        connection.cursor().execute("SELECT 1; SELECT 2")


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_definitions_that_end_early_are_not_taken(site: Any, cut: int) -> None:
    with pytest.raises(definitions.BackupError) as caught:
        definitions.parsed(definitions.text(held(site))[:-cut])
    assert caught.value.error_key == "backup-incomplete"
