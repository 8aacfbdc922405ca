"""Java .properties files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.properties import merge, parse


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("a=b", "a", "b"),
        ("a = b ", "a", "b "),
        ("a:b", "a", "b"),
        ("a b c", "a", "b c"),
        ("  a\t=\tb", "a", "b"),
        ("a", "a", ""),
        ("a=", "a", ""),
        ("a==b", "a", "=b"),
        (r"a\=b\:c=d", "a=b:c", "d"),
        ("a=one \\\n   two", "a", "one two"),
        ("a=one \\\r\n   two", "a", "one two"),
        ("a=ends with backslash\\\\\nb=c", "a", "ends with backslash\\"),
        (r"a=\u00fc\t\\x", "a", "ü\t\\x"),
        (r"a=\ud83d\udce7", "a", "📧"),
        ("a=http://[to be defined]", "a", "http://[to be defined]"),
        ("a=b # no comment", "a", "b # no comment"),
        ("a=left\\", "a", "left"),
    ],
)
def test_a_line_is_read_as_java_reads_it(line: str, key: str, value: str) -> None:
    assert parse(line.encode())[key] == value


def test_comments_and_empty_lines_hold_no_values() -> None:
    assert parse(b"# a=1\n! b=2\n\n  # c=3 \\\nd=4\n") == {"d": "4"}


def test_of_a_key_that_occurs_twice_the_last_one_counts() -> None:
    assert parse(b"a=1\nb=2\na=3\n") == {"a": "3", "b": "2"}


def test_both_encodings_are_read() -> None:
    assert parse("a=Grüße".encode()) == parse("a=Grüße".encode("latin-1")) == {"a": "Grüße"}


def test_merging_keeps_every_other_byte() -> None:
    shipped = b"# Version\r\nApplicationVersion = 20.04.000.200\r\n\r\nsystem.url=http://[to be defined]\r\n! end \xfc"
    merged = merge(shipped, {"system.url": "https://mail.example.com", "birt.url": "https://mail.example.com/birt"})
    assert merged == (
        b"# Version\r\nApplicationVersion = 20.04.000.200\r\n\r\nsystem.url=https://mail.example.com\r\n! end \xfc\r\n"
        b"birt.url=https://mail.example.com/birt\r\n"
    )


def test_a_value_over_several_lines_is_replaced_whole() -> None:
    assert merge(b"a=1\nb=one,\\\n  two,\\\n  three\nc=3\n", {"b": "four"}) == b"a=1\nb=four\nc=3\n"


def test_the_last_of_two_lines_with_a_key_is_replaced_as_it_is_the_one_that_counts() -> None:
    assert parse(merge(b"a=1\na=2\n", {"a": "3"})) == {"a": "3"}


def test_what_is_equal_already_is_left_alone_however_it_is_written() -> None:
    content = rb"a : \u0062c"
    assert merge(content, {"a": "bc"}) == content


def test_a_file_that_ends_in_the_middle_of_a_value_takes_another() -> None:
    assert parse(merge(b"a=1\\", {"b": "2"})) == parse(merge(b"a=1\\\n", {"b": "2"})) == {"a": "1", "b": "2"}


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@given(st.binary(max_size=60), st.dictionaries(TEXT, TEXT, max_size=4))
def test_merged_values_are_read_back_and_others_stay(content: bytes, values: dict[str, str]) -> None:
    merged = merge(content, values)
    before = parse(content)
    assert parse(merged) == {**before, **values}
    assert merge(merged, values) == merged
