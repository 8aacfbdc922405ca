"""What the pages written by hand may get wrong: links, and commands that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from markdown import MADE

from orchestrator.cli.group import build

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_COMMAND = re.compile(r"\borchestrate(?: (?:--site \S+|--[a-z-]+))* ([a-z][a-z-]{2,})(?: ([a-z][a-z-]*))?")


def _pages(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        yield path, path.read_text(encoding="utf-8")


def dead_links(root: Path) -> list[str]:
    """Links to files that are not in the repository."""
    return [
        f"{path.relative_to(root)} links to {target}, which is not there"
        for path, text in _pages(root)
        for target in _LINK.findall(text)
        if "://" not in target and not (path.parent / target).exists()
    ]


def unknown_commands(root: Path) -> list[str]:
    """Commands that a page written by hand shows in code, but that are not there. ADRs and the change log may look back."""
    group = build()
    wrong = []
    for path, text in _pages(root):
        if "adr" in path.parts or path.name == "CHANGELOG.md" or text.startswith(MADE):
            continue
        for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL):
            for name, sub in _COMMAND.findall(code):
                command = group.get_command(click.Context(group), name)
                if command is None or (isinstance(command, click.Group) and sub and sub not in command.commands):
                    wrong.append(f"{path.relative_to(root)} names orchestrate {name} {sub}".rstrip() + ", which is not there")
    return wrong
