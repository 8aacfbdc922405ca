"""checks.md, from the registry of checks."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable
from types import ModuleType

from markdown import opening, sentence, table
from markdown import page as whole

from workflows.checks.doctor.registry import CHECKS as DOCTOR
from workflows.checks.doctor.subject import Subject
from workflows.checks.install import checks
from workflows.checks.install import names as name_checks
from workflows.checks.install import software as software_checks
from workflows.checks.upgrade.registry import CHECKS

EFFECTS = {
    "INHIBITOR": "stops", "stops": "stops", "WARNING": "warns", "warns": "warns", "UNKNOWN": "may not be known",
    "unknown": "may not be known",
}  # fmt: skip
HEAD = ("key", "what must hold", "else", "what is looked at, and why")
REMEDY = re.compile(r"\b(?:SetMode|MakeLink|SwitchOn|Rewrite)\(")


def page() -> str:
    """The page."""
    return whole(
        "Checks",
        "`orchestrate check`, `plan` and `upgrade` make these checks, in this order; they change nothing. What stops an upgrade "
        "ends the command with 3 and the check's key. A check that cannot look stops it too, with the key of what kept it from "
        "looking (see [error keys](error-keys.md)).",
        table(HEAD, [_row(key, title, check) for key, (title, check) in CHECKS.items()]),
        "## Why no mail leaves",
        "`orchestrate doctor` makes these, in this order ([how to use it](../how-to/mail-does-not-leave.md)). What keeps mail "
        "from leaving ends it with 3. A check that cannot look says so, and hides none of the others. One that another "
        "finding explains says nothing: a mail server that is not installed does not listen on port 25 either.",
        table(HEAD, [_row(subject.key, subject.title, check, subject.source) for subject, check in DOCTOR]),
        "## Before an installation",
        "`orchestrate install` makes these before it asks whether to begin; `--dry-run` shows them. What stops it ends the "
        "command with 3. What an administrator knows better is answered with `--keep KEY`, where the finding says so.",
        table(("key", "what must hold", "why", "source"), _subjects(checks, software_checks, name_checks)),
        "## Mending",
        "`--fix` of `check` and `doctor` mends what is marked with it; each is asked for, and `--yes` takes all. What changes a "
        "file that an administrator writes is done only when its key is named.",
    )


def _subjects(*modules: ModuleType) -> list[tuple[str, str, str, str]]:
    found = [one for module in modules for one in vars(module).values() if isinstance(one, Subject)]
    return [(f"`{one.key}`", one.title, sentence(one.why), one.source) for one in found]


def _row(key: str, title: str, check: Callable[..., object], source: str = "") -> tuple[str, ...]:
    module = sys.modules[check.__module__]
    code = inspect.getsource(module)
    told = " ".join(part for part in (opening(module.__doc__), opening(inspect.getdoc(check))) if part)
    effects = _effects(code) + (", `--fix`" if REMEDY.search(code) else "")
    return (f"`{key}`", title, effects, f"{told} ({source})" if source else told)


def _effects(source: str) -> str:
    used = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return ", ".join(dict.fromkeys(word for name, word in EFFECTS.items() if name in used)) or "stops"
