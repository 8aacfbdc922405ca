"""`orchestrate watch`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import run_argument


@click.command()
@run_argument
@click.pass_obj
def command(app: App, run_id: str | None) -> int:
    """Follow a run that another process drives; Ctrl-C leaves it running. Without RUN, the one that is open."""
    from orchestrator.cli.outcome import finish
    from orchestrator.watching import watch

    with app.open(readonly=True) as site:
        return finish(app, "watch", watch(site, run_id, app.display))
