"""error-keys.md, from the places in the code that raise them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown import page as whole
from markdown import sentence, table

ROOT = Path(__file__).parents[2]
_KEY = re.compile(r"[a-z]+(-[a-z]+)*")
_NOT_ERRORS = {"Finding", "PackageVerdict", "passed"}


@dataclass(frozen=True)
class Use:
    """One place that names a key; said: the message, or what the class promises."""

    key: str
    by: str
    said: str


def page() -> str:
    """The page."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _sources()}
    classes = {node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    said: dict[str, list[str]] = defaultdict(list)
    codes: dict[str, set[str]] = defaultdict(set)
    for tree in trees.values():
        for use in _uses(tree):
            if use.said and use.said not in said[use.key]:
                said[use.key].append(use.said)
            said[use.key] += []
            if code := _exit_code(use.by, classes):
                codes[use.key].add(code)
    rows = [(f"`{key}`", " or ".join(sorted(codes[key])) or "1", "; ".join(said[key])) for key in sorted(said)]
    return whole(
        "Error keys",
        "Every error has a key that does not change when its words do: at the right edge of its first line, and as `key` with "
        "`--json`. What is in angle brackets differs from case to case. Checks have [keys of their own](checks.md).",
        table(("key", "exit code", "what happened"), rows),
    )


def _sources() -> list[Path]:
    return sorted(
        path for floor in ("orchestrator", "workflows", "state") for path in (ROOT / floor).rglob("*.py")
        if "migrations" not in path.parts
    )  # fmt: skip


def _uses(tree: ast.Module) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _class_key(node)
        elif isinstance(node, ast.Call):
            yield from _call_key(node)
        elif isinstance(node, ast.FunctionDef):
            yield from _default_key(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _is_key_table(node.targets):
            for cause, value in zip(node.value.keys, node.value.values, strict=True):
                yield from _named(value, "", f"the system said {cause.attr}" if isinstance(cause, ast.Attribute) else "")


def _class_key(node: ast.ClassDef) -> Iterator[Use]:
    yield from _named(_assigned(node, "key"), node.name, sentence(ast.get_docstring(node) or ""))


def _assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    """What a class sets that name to."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return getattr(statement, "value", None)
    return None


def _call_key(node: ast.Call) -> Iterator[Use]:
    by = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if by in _NOT_ERRORS:
        return
    if by == "Told" and len(node.args) > 1:
        yield from _named(node.args[0], by, _text(node.args[1]))
    if by == "get" and len(node.args) > 1 and isinstance(node.func, ast.Attribute) and _is_key_table([node.func.value]):
        yield from _named(node.args[1], "", "the system said anything else")
    for keyword in node.keywords:
        if keyword.arg == "key":
            yield from _named(keyword.value, by, _text(node.args[0]) if node.args else "")


def _is_key_table(targets: list[ast.expr]) -> bool:
    return any(isinstance(target, ast.Name) and target.id.endswith("_KEYS") for target in targets)


def _default_key(node: ast.FunctionDef) -> Iterator[Use]:
    """A helper's own key, where its caller gives none."""
    arguments = [*node.args.args[len(node.args.args) - len(node.args.defaults) :], *node.args.kwonlyargs]
    for argument, default in zip(arguments, [*node.args.defaults, *node.args.kw_defaults], strict=True):
        if argument.arg == "key":
            yield from _named(default, "", "")


def _named(value: ast.expr | None, by: str, said: str) -> Iterator[Use]:
    if isinstance(value, ast.IfExp):
        yield from _named(value.body, by, said)
        yield from _named(value.orelse, by, said)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and _KEY.fullmatch(value.value):
        yield Use(value.value, by, said)


def _text(node: ast.expr) -> str:
    """A message as it stands in the code, its values in angle brackets."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(f"<{_value(part.value)}>" if isinstance(part, ast.FormattedValue) else _text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)} / {_text(node.orelse)}"
    return ""


def _value(node: ast.expr) -> str:
    """What a value is about: the last name in it."""
    names = [part.attr if isinstance(part, ast.Attribute) else part.id for part in ast.walk(node)
             if isinstance(part, ast.Attribute | ast.Name)]  # fmt: skip
    return names[0].strip("_") if names else "..."


def _exit_code(name: str, classes: dict[str, ast.ClassDef]) -> str:
    """The code of an error's class, its own or that of the class above; empty for what is no class."""
    node = classes.get(name)
    if node is None:
        return ""
    value = _assigned(node, "exit_code")
    if isinstance(value, ast.Constant):
        return str(value.value)
    return next((code for base in node.bases if isinstance(base, ast.Name) and (code := _exit_code(base.id, classes))), "")
