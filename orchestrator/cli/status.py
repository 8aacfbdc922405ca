"""`orchestrate status`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.command()
@click.pass_obj
def command(app: App) -> None:
    """What runs here, and whether a run is open."""
    from orchestrator.display.pages import status as page
    from orchestrator.status import collect

    status = collect(app.settings)
    app.show("status", page.lines(status), page.facts(status))
