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
    from orchestrator.errors import DONE
    from orchestrator.runs.watch import is_driven, watch
    from orchestrator.views.runs import Run, RunEnds

    with app.open(readonly=True) as site:
        run = watch(site, run_id, app.display)
        if not is_driven(site, run):
            return finish(app, "orchestrate.watch/1", run)
    lines = ["", f"run {run.id} goes on unseen", f"  next      orchestrate watch {run.id}    follow it again"]
    app.tell(lines, RunEnds(schema="orchestrate.watch/1", changed=False, run=Run.of(run)))
    return DONE
