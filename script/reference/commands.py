"""commands.md, from the Click commands."""

from __future__ import annotations

from collections.abc import Iterator

import click
from markdown import page as whole
from markdown import sentence, table

from orchestrator.cli.group import SECTIONS, build

EXIT_CODES = (
    ("0", 'done; also when there was nothing to do (`"changed": false`)'),
    ("1", "failed, or undone after a failure; a broken ledger"),
    ("2", "what was asked for cannot be meant; nothing was changed"),
    ("3", "stopped by a check, or another run is in progress; nothing was changed"),
    ("4", "waiting or paused; `orchestrate resume` goes on"),
)

ERRORS = """\
Errors are told on standard error, or with `--json` as a document on standard output; see [error keys](error-keys.md). The
documents of `--json` are described by the [schemas](json/)."""


def page() -> str:
    """The page."""
    group = build()
    parts = [
        "The global options may stand before or behind the command. `-h` or `--help` behind any command says what it takes.",
        table(("option", "meaning"), _options(group)),
        "## Exit codes",
        table(("code", "meaning"), EXIT_CODES),
        ERRORS,
    ]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}")
        for name in names:
            command = group.get_command(click.Context(group), name)
            if command is not None:
                parts += _command(command, f"orchestrate {name}")
    return whole("Commands", *parts)


def _command(command: click.Command, path: str) -> Iterator[str]:
    yield f"### {path}"
    yield "\n\n".join(sentence(part) for part in (command.help or "").split("\n\n"))
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from _command(sub, f"{path} {name}")
        return
    pieces = command.collect_usage_pieces(click.Context(command))
    yield f"```text\n{' '.join([path, *pieces])}\n```"
    yield table(("option", "meaning"), _options(command))


def _options(command: click.Command) -> Iterator[tuple[str, str]]:
    for option in command.params:
        if not isinstance(option, click.Option) or option.hidden:
            continue
        record = option.get_help_record(click.Context(command))
        if record is not None:
            yield f"`{record[0]}`", record[1]
