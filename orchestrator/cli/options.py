"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from orchestrator.display.words import parse_duration

F = TypeVar("F", bound=Callable[..., Any])


def to_option(*, required: bool) -> Callable[[F], F]:
    """--to VERSION."""
    text = "A release (20.10.000.152) or the newest of a line (20.10)."
    return click.option("--to", "target", metavar="VERSION", required=required, help=text)


def gate_options(command: F) -> F:
    """--wait, --window, --ignore-dispatch."""
    for option in (
        click.option("--ignore-dispatch", is_flag=True, help="Stop even while mail is being sent; recorded."),
        click.option("--window", metavar="HH:MM-HH:MM", help="Stop only within these hours, the host's local time."),
        wait_option("Wait so long at the most for mail to go out (30m, 2h); else without end."),
    ):
        command = option(command)
    return command


def detach_option(command: F) -> F:
    """--detach; refused at once where it cannot be done."""

    def refuse(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
        if value:
            from orchestrator.runs.detach import refuse_unless_possible

            refuse_unless_possible()
        return value

    text = "Hand the run to a systemd unit of its own; follow it with `orchestrate watch`."
    return click.option("--detach", is_flag=True, callback=refuse, help=text)(command)


def wait_option(text: str) -> Callable[[F], F]:
    """--wait TIME."""
    return click.option("--wait", metavar="TIME", type=parse_duration, help=text)


def run_argument(command: F) -> F:
    """RUN, the id of a run; else the one that is open."""
    return click.argument("run_id", metavar="[RUN]", required=False)(command)


def reason_option(command: F) -> F:
    """--reason TEXT."""
    return click.option("--reason", metavar="TEXT", help="Why; kept in the ledger.")(command)


def diagram_option(command: F) -> F:
    """--diagram."""
    text = "Draw the run as a Mermaid state diagram, and change nothing."
    return click.option("--diagram", is_flag=True, help=text)(command)
