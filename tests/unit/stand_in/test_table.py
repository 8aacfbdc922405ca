"""The table in tests/stand_in: every row names tests that are there, and no hook of the stand-in is without a row."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from orchestrator.sandbox import installation

TESTS = Path(__file__).parents[2]
FIELDS = {"facts", "says", "how", "shown", "right"}
ROWS = [
    row for file in sorted((TESTS / "stand_in").glob("*.toml")) for row in tomllib.loads(file.read_text(encoding="utf-8"))["row"]
]


@cache
def _names(file: Path) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["says"][:60])
def test_a_row_names_what_was_seen_and_tests_that_exist(row: dict[str, object]) -> None:
    assert set(row) == FIELDS
    assert re.fullmatch(r"\d+(\.\d+)?", str(row["facts"]))
    for column in ("shown", "right"):
        named = row[column]
        assert isinstance(named, list)
        assert named, f"{column} is empty"
        for test in named:
            file, _, name = str(test).partition("::")
            assert name in _names(TESTS / file), test


def test_every_hook_of_the_stand_in_is_in_a_row() -> None:
    hooks = set(re.findall(r"(?m)^([a-z][a-z-]+)  ", installation.__doc__ or ""))
    assert hooks
    assert hooks - {hook for row in ROWS for hook in re.findall(r"[a-z][a-z-]+", str(row["how"]))} == set()
