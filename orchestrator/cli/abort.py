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
    from orchestrator.errors import DONE, WAITING
    from orchestrator.runs.start import abort
    from orchestrator.views.runs import Run, RunEnds

    with app.open() as site:
        app.sure("Take back everything the run did? Mail is down while it happens.")
        run = abort(site, run_id, display=app.display)
        if run.state not in {"undone", "undo-failed"}:
            lines = [
                f"the process that drives run {run.id} will take it back",
                f"  next      orchestrate watch {run.id}    see it happen",
            ]
            app.tell(lines, RunEnds(schema="orchestrate.abort/1", changed=True, run=Run.of(run)))
            return WAITING
        code = finish(app, "orchestrate.abort/1", run)
        return DONE if run.state == "undone" else code
