"""`orchestrate history`."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from orchestrator.cli.app import App
from orchestrator.display.words import parse_moment


@click.command()
@click.option("--component", metavar="NAME", help="Only this one: runtime, frontend, backend, manual.")
@click.option("--at", metavar="TIME", type=parse_moment, help='What was active then, "2026-11-22 02:05" (UTC).')
@click.option("--since", metavar="TIME", type=parse_moment, help="Only what was active, or tried, then or later.")
@click.option("--csv", "as_csv", is_flag=True, help="As a table for a spreadsheet.")
@click.pass_obj
def command(app: App, component: str | None, at: datetime | None, since: datetime | None, *, as_csv: bool) -> None:
    """Which version of what was active when, by whom and why, and how every run ended; from the ledger."""
    from orchestrator.display.pages import history as page
    from orchestrator.views.history import History, moment, timeline
    from workflows.model.errors import UsageError

    if (as_csv and app.json) or (at and since):
        both = "--csv and --json" if as_csv and app.json else "--at and --since"
        raise UsageError(f"cannot use {both} together", key="options-conflict", next=["orchestrate history --help"])
    history = History(at=at)
    if (site := app.remembered()) is not None:
        with site:
            history = moment(site, at, component) if at else timeline(site, component, since)
    if as_csv:
        click.echo(page.as_csv(history), nl=False)
        return
    app.tell(page.lines(history, drawn=sys.stdout.isatty()), history)
