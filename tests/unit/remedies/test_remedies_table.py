"""The table in tests/remedies: every remedy of the code has a row, and every row names tests that are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.remedies import table
from tests.remedies.collector import Collector

TESTS = Path(__file__).parents[2]
HANDED_ON = {  # what is given as it came: the remedy of another error, or of a finding
    "data.get('next', ())", "error.next", "error.ctx.command_path", "link.command", "map(scrub, lines)", "repository.enable",
    "told(error).next",
}  # fmt: skip


@cache
def _names(file: Path) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_every_remedy_has_a_row_and_every_row_is_a_remedy() -> None:
    collector = Collector()
    printed = {remedy.text: remedy for remedy in collector.remedies()}
    known = [row.remedy for row in table.rows()]
    new = [remedy for text, remedy in printed.items() if text not in known]
    assert not new, f"no row for:\n{table.as_toml(new)}"
    assert [text for text in known if text not in printed] == []
    assert [text for text in set(known) if known.count(text) > 1] == []
    assert {one.partition(": ")[2] for one in collector.unresolved} <= HANDED_ON, "a remedy that the collector cannot read"


def test_a_row_names_tests_that_exist_or_says_why_there_is_none() -> None:
    assert [row.remedy for row in table.rows() if bool(row.run) == bool(row.why)] == []
    named = {test for row in table.rows() for test in row.run}
    assert [test for test in sorted(named) if not _is_there(*test.split("::"))] == []


def _is_there(file: str, name: str) -> bool:
    return (TESTS / file).is_file() and name in _names(TESTS / file)


def test_what_changes_a_host_was_run_in_a_test() -> None:
    assert [row.remedy for row in table.rows() if row.kind == table.SHELL and not row.run] == []


def test_what_was_run_in_no_test_does_not_become_more() -> None:
    untried = [row.remedy for row in table.rows() if not row.run]
    print(f"{len(untried)} of {len(table.rows())} remedies were run in no test")  # noqa: T201
    assert len(untried) <= table.settings()["untried"], untried
