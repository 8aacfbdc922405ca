from __future__ import annotations

import pytest

from workflows.rules.sql.splitter import SplitError, split


def texts(script: str) -> list[str]:
    return [statement.text for statement in split(script)]


def test_statements_have_positions_lines_and_digests() -> None:
    found = split("-- first;\nSELECT 1;\n\nSELECT\n2; SELECT 3")
    assert [(s.position, s.line, s.text) for s in found] == [(0, 2, "SELECT 1"), (1, 4, "SELECT\n2"), (2, 5, "SELECT 3")]
    assert found[0].digest == "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5"


def test_a_delimiter_holds_until_the_next_and_may_stand_in_any_case() -> None:
    assert texts("delimiter $$\nBEGIN; END$$\n  DELIMITER ;\nSELECT 1;") == ["BEGIN; END", "SELECT 1"]


def test_delimiter_and_source_inside_a_statement_are_only_words() -> None:
    assert texts("CREATE TABLE t (a INT,\nsource INT,\n delimiter INT);") == [
        "CREATE TABLE t (a INT,\nsource INT,\n delimiter INT)"
    ]


def test_comments_are_dropped_but_not_executable_ones() -> None:
    assert texts("SELECT 1 -- ;\n, 2 # ;\n, /* ; */ 3 /*!50001 , 4 */;") == ["SELECT 1 \n, 2 \n,  3 /*!50001 , 4 */"]
    assert texts("-- nothing\n/* at; all */\n;;") == []


def test_an_arithmetic_minus_is_no_comment() -> None:
    assert texts("SELECT 1--1;") == ["SELECT 1--1"]


@pytest.mark.parametrize("literal", ["'a;b'", "'it''s;'", "'\\';'", '"x;\\";"', '"a"";"', "`c;``;`", "'--;'", "'/*;'", "'#;'"])
def test_semicolons_in_strings_and_names_end_nothing(literal: str) -> None:
    assert texts(f"SELECT {literal};SELECT 2") == [f"SELECT {literal}", "SELECT 2"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("SELECT 1;\nsource other.sql\n", "it holds the client's command 'source', at line 2"),
        ("SELECT 1\\G", "it holds \\G outside a string"),
        ("SELECT 'open;\nSELECT 2;", "it ends inside a string, begun line 1"),
        ("SELECT 1;\n/* open", "it ends inside a comment, begun line 2"),
        ("DELIMITER\nSELECT 1", "it has a DELIMITER that is none, at line 1"),
        ("SELECT 1;DELIMITER $$\nSELECT 2$$", "it holds the client's command 'delimiter'"),
        ("SELECT '\0'", "it holds a NUL character"),
    ],
)
def test_what_is_no_sql_or_cut_short_is_refused(script: str, said: str) -> None:
    with pytest.raises(SplitError) as refused:
        split(script, "x.sql")
    assert said in refused.value.message
    assert refused.value.error_key == "sql-file-unreadable"
