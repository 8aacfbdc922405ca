from __future__ import annotations

import pytest

from workflows.rules.sql.classify import LAST_INSERT_ID, Kind, Settling, classify

CASES = [
    ("INSERT INTO `a b` VALUES ('DROP TABLE x')", Kind.DML, Settling.MARK, ("a b",)),
    ("INSERT IGNORE INTO s.t (a) SELECT 1", Kind.DML, Settling.MARK, ("s.t",)),
    ("UPDATE LOW_PRIORITY t SET a = f(1)", Kind.DML, Settling.MARK, ("t",)),
    ("DELETE FROM t WHERE a = 1", Kind.DML, Settling.MARK, ("t",)),
    ("REPLACE t VALUES (1)", Kind.DML, Settling.MARK, ("t",)),
    ("SELECT a INTO @v FROM t", Kind.SELECT, Settling.MARK, ()),
    ("SET @a = 1, @b := (SELECT MAX(x, y) FROM t)", Kind.ASSIGN, Settling.MARK, ()),
    ("SET @a = @@sql_mode, sql_mode = ''", Kind.SESSION, Settling.REPEAT, ()),
    ("SET NAMES utf8", Kind.SESSION, Settling.REPEAT, ()),
    ("USE x", Kind.SESSION, Settling.REPEAT, ()),
    ("SET autocommit = 0", Kind.TRANSACTION, Settling.REPEAT, ()),
    ("COMMIT", Kind.TRANSACTION, Settling.REPEAT, ()),
    ("START TRANSACTION", Kind.TRANSACTION, Settling.REPEAT, ()),
    ("ROLLBACK", Kind.REFUSED, Settling.RESTORE, ()),
    ("CALL p(1)", Kind.CALL, Settling.RESTORE, ()),
    ("BEGIN NOT ATOMIC SELECT 1; END", Kind.CALL, Settling.RESTORE, ()),
    ("CREATE TABLE t (a INT)", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("CREATE TABLE IF NOT EXISTS t (a INT)", Kind.DDL, Settling.REPEAT, ("t",)),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", Kind.DDL, Settling.REPEAT, ("v",)),
    ("CREATE DEFINER=`r`@`h` PROCEDURE p() SELECT 1", Kind.DDL, Settling.FINGERPRINT, ("p",)),
    ("CREATE UNIQUE INDEX i ON t (a)", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW SET @x = 1", Kind.DDL, Settling.FINGERPRINT, ("g", "t")),
    ("/*!50001 ALTER TABLE t ADD x INT */", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("ALTER TABLE t RENAME TO u", Kind.DDL, Settling.FINGERPRINT, ("t", "u")),
    ("ALTER TABLE t RENAME COLUMN a TO b", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", Kind.DDL, Settling.RESTORE, ("t",)),
    ("DROP TABLE t", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("DROP TABLE t, u", Kind.DDL, Settling.RESTORE, ("t", "u")),
    ("DROP TABLE IF EXISTS t, u", Kind.DDL, Settling.REPEAT, ("t", "u")),
    ("DROP INDEX i ON t", Kind.DDL, Settling.FINGERPRINT, ("t",)),
    ("RENAME TABLE a TO b", Kind.DDL, Settling.FINGERPRINT, ("a", "b")),
    ("RENAME TABLE a TO c, b TO a, c TO b", Kind.DDL, Settling.RESTORE, ("a", "c", "b", "a", "c", "b")),
    ("TRUNCATE TABLE t", Kind.DDL, Settling.REPEAT, ("t",)),
    ("ANALYZE TABLE t", Kind.UPKEEP, Settling.REPEAT, ()),
    ("CREATE USER u", Kind.OTHER, Settling.RESTORE, ()),
    ("PURGE BINARY LOGS", Kind.OTHER, Settling.RESTORE, ()),
]


@pytest.mark.parametrize(("text", "kind", "settling", "objects"), CASES, ids=[case[0] for case in CASES])
def test_a_statement_is_told_by_what_it_does(text: str, kind: Kind, settling: Settling, objects: tuple[str, ...]) -> None:
    found = classify(text)
    assert (found.kind, found.settling, found.objects) == (kind, settling, objects)


def test_user_variables_are_found_in_every_spelling_but_not_in_strings() -> None:
    found = classify("INSERT INTO t VALUES (@A, @`b c`, '@d', @@sql_mode, LAST_INSERT_ID())")
    assert found.variables == {"a", "b c", LAST_INSERT_ID}


@pytest.mark.parametrize(
    "text", ["SELECT ROW_COUNT()", "SET @n = FOUND_ROWS ()", "SET @w = @@warning_count", "GET DIAGNOSTICS @c = ROW_COUNT"]
)
def test_what_reads_the_statement_before_it_is_known(text: str) -> None:
    assert classify(text).row_count


def test_a_column_or_a_routine_that_speaks_of_it_does_not_read_it() -> None:
    assert not classify("SELECT row_count FROM t").row_count
    assert not classify("CREATE PROCEDURE p() SELECT ROW_COUNT()").row_count


def test_what_is_prepared_is_known_from_its_literal_or_its_variable() -> None:
    literal = classify("PREPARE S FROM 'INSERT INTO t VALUES (''it\\'s'')'")
    assert (literal.kind, literal.prepared, literal.source) == (Kind.PREPARE, "s", "INSERT INTO t VALUES ('it's')")
    assert classify("PREPARE s FROM @Text").source_variable == "text"
    assert classify("EXECUTE s USING @a").prepared == "s"
    assert classify("DEALLOCATE PREPARE s").prepared == classify("DROP PREPARE s").prepared == "s"
    assert classify("EXECUTE IMMEDIATE CONCAT('a', 'b')").source is None
