"""checks.md, from the checks that lie in their folders."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from typing import Any

from markdown import opening, sentence, table
from markdown import page as whole

from workflows.checks import doctor, install, upgrade
from workflows.checks.check import Check, Subject, checks_in

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
        table(HEAD, [_row(check) for check in checks_in(upgrade)]),
        "## Why no mail leaves",
        "`orchestrate doctor` makes these, in this order ([how to use it](../how-to/mail-does-not-leave.md)). What keeps mail "
        "from leaving ends it with 3. A check that cannot look says so, and hides none of the others. One that another "
        "finding explains says nothing: a mail server that is not installed does not listen on port 25 either.",
        table(HEAD, [_row(check) for check in checks_in(doctor)]),
        "## Before an installation",
        "`orchestrate install` makes these before it asks whether to begin; `--dry-run` shows them. What stops it ends the "
        "command with 3. What an administrator knows better is answered with `--keep KEY`, where the finding says so.",
        table(("key", "what must hold", "why", "source"), [_reason(check.subject) for check in checks_in(install)]),
        "## Mending",
        "`--fix` of `check` and `doctor` mends what is marked with it; each is asked for, and `--yes` takes all. What changes a "
        "file that an administrator writes is done only when its key is named.",
    )


def _reason(subject: Subject) -> tuple[str, ...]:
    return f"`{subject.key}`", subject.title, sentence(subject.why), subject.source


def _row(check: Check[Any]) -> tuple[str, ...]:
    module, subject = sys.modules[check.look.__module__], check.subject
    code = inspect.getsource(module)
    told = " ".join(part for part in (opening(module.__doc__), opening(inspect.getdoc(check.look))) if part)
    effects = _effects(code) + (", `--fix`" if REMEDY.search(code) else "")
    return (f"`{subject.key}`", subject.title, effects, f"{told} ({subject.source})" if subject.source else told)


def _effects(source: str) -> str:
    used = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return ", ".join(dict.fromkeys(word for name, word in EFFECTS.items() if name in used)) or "stops"
