"""Every command of ours that a remedy names is one that this tool takes: its options exist and its arguments fit."""

from __future__ import annotations

import re
from functools import cache

import click

from orchestrator.cli.app import App
from orchestrator.cli.group import COMMANDS, build
from tests.remedies import table

OURS = [row for row in table.rows() if row.kind == table.COMMAND]
ALONE = {"--help", "--version"}


def take(group: click.Group, name: str, words: list[str], parent: click.Context | None = None) -> None:
    """Read the arguments as the command line does; nothing is done.

    Raises:
        click.UsageError: they do not fit.
    """
    context = group.make_context(name, list(words), parent=parent, obj=None if parent else App())
    rest = [*context._protected_args, *context.args]
    if not rest:
        return
    name, command, left = group.resolve_command(context, rest)
    if isinstance(command, click.Group):
        take(command, name, left, context)
    elif command is not None:
        command.make_context(name, left, parent=context)


@cache
def options() -> frozenset[str]:
    """All options of all commands."""
    found, open_ones = set(ALONE), [build().get_command(click.Context(build()), name) for name in COMMANDS]
    while open_ones:
        command = open_ones.pop()
        assert command is not None
        found |= {option for one in command.params for option in one.opts if option.startswith("--")}
        open_ones += list(getattr(command, "commands", {}).values())
    return frozenset(found)


def misfit(row: table.Row) -> str:
    """Why the command line would not take it; empty when it does."""
    words = table.words(row.remedy)
    if table.SAME in row.command:
        return " ".join({word for word in words if word.startswith("--")} - options())
    try:
        take(build(), "orchestrate", words)
    except click.exceptions.Exit as end:
        return "" if end.exit_code == 0 and ALONE & set(words) else "it ends"
    except click.UsageError as error:
        return error.format_message()
    return ""


def test_a_command_is_taken_as_it_is_printed() -> None:
    assert {row.remedy: said for row in OURS if (said := misfit(row))} == {}


def test_a_command_in_a_remark_is_one_of_ours() -> None:
    named = {name: row.remedy for row in table.rows() for name in re.findall(r"orchestrate ([a-z][a-z-]+)", row.remedy)}
    assert {name: remedy for name, remedy in named.items() if name not in COMMANDS} == {}
