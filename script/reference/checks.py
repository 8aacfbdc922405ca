"""checks.md, from the registry of checks."""

from __future__ import annotations

import ast
import inspect
import sys

from markdown import opening, table
from markdown import page as whole

from workflows.checks.registry import CHECKS

EFFECTS = {"INHIBITOR": "stops", "WARNING": "warns", "UNKNOWN": "may not be known"}


def page() -> str:
    """The page."""
    rows = []
    for key, (title, check) in CHECKS.items():
        module = sys.modules[check.__module__]
        told = " ".join(part for part in (opening(module.__doc__), opening(inspect.getdoc(check))) if part)
        rows.append((f"`{key}`", title, _effects(inspect.getsource(module)), told))
    return whole(
        "Checks",
        "`orchestrate check`, `plan` and `upgrade` make these checks, in this order; they change nothing. What stops an upgrade "
        "ends the command with 3 and the check's key. A check that cannot look stops it too, with the key of what kept it from "
        "looking (see [error keys](error-keys.md)).",
        table(("key", "what must hold", "else", "what is looked at, and why"), rows),
    )


def _effects(source: str) -> str:
    used = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return ", ".join(word for name, word in EFFECTS.items() if name in used) or "stops"
