"""settings.md, from the settings' model."""

from __future__ import annotations

import ast
import inspect
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from markdown import page as whole
from markdown import sentence, table
from pydantic import BaseModel

from orchestrator.settings import PREFIX, SITE_FILE, DatabaseSettings, Settings

EXAMPLE = """\
name = "mail1.example.com"
packages = "https://packages.example.com/openemm"
migrate_timeout = 1800

[database]
admin_user = "root"
admin_option_file = "/root/.my.cnf"
"""


def page() -> str:
    """The page; its example is one that is taken."""
    Settings.model_validate(tomllib.loads(EXAMPLE))
    return whole(
        "Settings",
        "A setting is taken from the environment, else from the site file, else it has its default. The site is named by "
        f"`--site PATH` or `{PREFIX}SITE` (a site file, or a folder that holds `site.toml`); else it is `{SITE_FILE}`; else "
        "what is found under the home. A setting that is not known is an error, not a typing mistake that is overlooked.",
        "Paths in a site file are relative to it. Times are seconds.",
        table(("setting", "environment", "default", "meaning"), _rows(Settings, PREFIX, "")),
        "## The table `[database]`",
        table(("setting", "environment", "default", "meaning"), _rows(DatabaseSettings, f"{PREFIX}DATABASE_", "")),
        "## A site file",
        f"```toml\n{EXAMPLE}```",
        "The password of OpenEMM's own account is read from the home's `etc/dbcfg`, which OpenEMM itself uses. `state_url` holds "
        "a password: keep it in a site file that only root may read (0600), not in the environment.",
    )


def _rows(model: type[BaseModel], prefix: str, table_name: str) -> Iterator[tuple[str, str, str, str]]:
    texts = told(model)
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            continue
        yield f"`{table_name}{name}`", f"`{prefix}{name.upper()}`", _default(name, field.default), texts.get(name, "")


def _default(name: str, value: object) -> str:
    special = {"name": "the host's name", "packages": "`<state>/packages`", "backups": "`<state>/backups`"}
    if name in special:
        return special[name]
    if value is None:
        return "none"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def told(model: type) -> dict[str, str]:
    """What the strings below the fields say; read from the source, so that the tool need not carry them."""
    file = inspect.getsourcefile(model)
    tree = ast.parse(Path(file or "").read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
    return {
        field.target.id: sentence(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
