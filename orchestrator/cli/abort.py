"""`orchestrate abort`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import run_argument


@click.command()
@run_argument
@click.pass_obj
def command(app: App, run_id: str | None) -> int:
    """Take back everything an unfinished run did, last step first; without RUN, the one that is open."""
    from orchestrator.cli.outcome import finish
    from orchestrator.running import abort

    with app.open() as site:
        app.sure("Take back everything the run did? Mail is down while it happens.")
        return finish(app, "abort", abort(site, run_id, display=app.display))
