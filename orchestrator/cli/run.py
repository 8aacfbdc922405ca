"""`orchestrate run`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--log", is_flag=True, help="Everything it did, event by event.")
@click.pass_obj
def command(app: App, run_id: str | None, *, log: bool) -> None:
    """One run, step by step; without RUN, the newest."""
    from orchestrator.display.pages import runs as page
    from orchestrator.runs.watch import events_of, newest
    from orchestrator.views.events import EventLine
    from orchestrator.views.runs import OneRun, Run

    with app.open(readonly=True) as site:
        run = site.store.journal.load(run_id.upper()) if run_id else newest(site)
        events = events_of(site, run.id) if log else None
    view = OneRun(run=Run.of(run), events=None if events is None else tuple(map(EventLine.of, events)))
    app.tell(page.lines(view.run, events), view)
