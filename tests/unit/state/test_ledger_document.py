"""docs/reference/ledger.md tells of every kind of entry that the code writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/reference/ledger.md").read_text()
MAKERS = {"EntryDraft", "LedgerNote", "_entry"}
KIND = re.compile(r"[a-z]+(-[a-z]+)+|genesis")


def written() -> dict[str, str]:
    """Every kind that the code writes, and where."""
    paths = sorted(path for floor in ("orchestrator", "workflows", "state") for path in (ROOT / floor).rglob("*.py"))
    trees = {path: ast.parse(path.read_text()) for path in paths}
    names = {name: value for tree in trees.values() for name, value in constants(tree)}
    found: dict[str, str] = {}
    for path, tree in trees.items():
        for call, inside in calls(tree):
            if name_of(call) not in MAKERS or not call.args:
                continue
            kind = call.args[0]
            if isinstance(kind, ast.Constant):
                found[kind.value] = path.name
            elif isinstance(kind, ast.Name) and kind.id in names:
                found[names[kind.id]] = path.name
            elif isinstance(kind, ast.Name):
                found |= dict.fromkeys(passed_to(tree, inside), path.name)
    return found


def constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """A module's names for texts."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call, and the function it stands in."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            yield from ((node, function.name) for node in ast.walk(function) if isinstance(node, ast.Call))


def passed_to(tree: ast.Module, function: str) -> set[str]:
    """The kinds that a module hands to one of its own functions, or chooses in it, which makes the entry."""
    mine = [call for call, _ in calls(tree) if name_of(call) == function]
    said: list[ast.AST] = [arg for call in mine for arg in call.args]
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    chosen = [node.value for outer in inside for node in ast.walk(outer) if isinstance(node, ast.Assign)]
    said += [part for value in chosen if isinstance(value, ast.IfExp) for part in (value.body, value.orelse)]
    values = [node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {value for value in values if KIND.fullmatch(value)}


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def documented() -> set[str]:
    """The kinds in the first column of the table below "Kinds"."""
    section = DOCUMENT.split("\n## Kinds\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {kind for cell in rows for kind in re.findall(r"`([^`]+)`", cell)}


def test_every_kind_that_is_written_is_documented() -> None:
    kinds = written()
    assert {
        "genesis",
        "run-started",
        "component-version",
        "package-trusted",
        "clock-set-back",
        "outside-evidence",
        "backup-removed",
    } <= set(kinds)
    assert {kind: where for kind, where in kinds.items() if kind not in documented()} == {}


def test_no_kind_is_documented_that_is_not_written() -> None:
    assert documented() - set(written()) == set()
