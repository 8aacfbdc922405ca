"""`orchestrate pause`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import run_argument


@click.command()
@run_argument
@click.pass_obj
def command(app: App, run_id: str | None) -> None:
    """Let a run that another process drives stop at its next safe place."""
    from orchestrator.runs.start import request_pause
    from orchestrator.views.runs import Paused

    with app.open() as site:
        run = request_pause(site, run_id)
    lines = [f"run {run.id} will pause at its next safe place", f"  next      orchestrate watch {run.id}    see it happen"]
    app.tell(lines, Paused(changed=True, run=run.id))
