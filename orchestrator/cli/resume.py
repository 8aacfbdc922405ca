"""`orchestrate resume`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import run_argument, wait_option


@click.command()
@run_argument
@wait_option("Wait so long at the most for a gate to open (30m, 2h).")
@click.pass_obj
def command(app: App, run_id: str | None, wait: float | None) -> int:
    """Go on with a run where it stopped, was paused or was cut off; without RUN, with the one that is open."""
    from orchestrator.cli.outcome import finish
    from orchestrator.runs.start import resume

    with app.open() as site:
        return finish(app, "orchestrate.resume/1", resume(site, run_id, display=app.display, wait=wait))
