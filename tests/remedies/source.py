"""A module's source: its functions, constants, imports and calls, and what is given to a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass
class Module:
    name: str
    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node

    @cached_property
    def functions(self) -> dict[str, list[ast.FunctionDef]]:
        found: dict[str, list[ast.FunctionDef]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What the module and its classes set by name."""
        found = {}
        for owner in [self.tree, *(node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))]:
            for name, value in assignments(owner.body):
                found.setdefault(name, value)
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Local name: module and name there."""
        return {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom) for alias in node.names
        }  # fmt: skip

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    def scope(self, node: ast.AST) -> ast.FunctionDef | None:
        """The function that a node stands in."""
        at: ast.AST | None = node
        while at is not None:
            at = self.parents.get(at)
            if isinstance(at, ast.FunctionDef):
                return at
        return None

    def owner(self, function: ast.FunctionDef) -> ast.ClassDef | None:
        parent = self.parents.get(function)
        return parent if isinstance(parent, ast.ClassDef) else None


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def assignments(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield from pairs(target, statement.value)
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign) and statement.value is not None:
            yield from pairs(statement.target, statement.value)


def pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        for at, one in enumerate(target.elts):
            if not isinstance(one, ast.Name):
                continue
            for whole in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                if isinstance(whole, ast.Tuple) and len(whole.elts) == len(target.elts):
                    yield one.id, whole.elts[at]
                elif isinstance(whole, ast.Call):
                    yield one.id, column(whole, at)


def local(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """All that a function gives to a name of its own."""
    for node in ast.walk(function):
        if isinstance(node, ast.stmt):
            yield from (value for one, value in assignments([node]) if one == name)
        if isinstance(node, ast.For):
            names = [getattr(one, "id", "") for one in getattr(node.target, "elts", [])]
            yield from (column(node.iter, at) for at, one in enumerate(names) if one == name)
        if isinstance(node, ast.Call) and called(node) in {"append", "extend"} and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            if isinstance(holder, ast.Name) and holder.id == name:
                yield from node.args


class Column(ast.expr):
    """One column of a table that is written down."""

    value: ast.expr
    at: int


def column(table: ast.expr, at: int) -> Column:
    found = ast.copy_location(Column(), table)
    found.value, found.at = table, at
    return found


def returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    yield from (node.value for node in ast.walk(function) if isinstance(node, ast.Return | ast.Yield) and node.value is not None)


def parameters(function: ast.FunctionDef) -> set[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {one.arg for one in [*every, *filter(None, (arguments.vararg, arguments.kwarg))]}


def last_name(node: ast.expr) -> str:
    """What a value is about: the last name in it."""
    names = [part.attr if isinstance(part, ast.Attribute) else part.id for part in ast.walk(node)
             if isinstance(part, ast.Attribute | ast.Name)]  # fmt: skip
    return names[0].strip("_") if names else "..."
