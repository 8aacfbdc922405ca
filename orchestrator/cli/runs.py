"""`orchestrate runs`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at the most.")
@click.pass_obj
def command(app: App, limit: int) -> None:
    """All runs of this site, newest first."""
    from orchestrator.display.pages import runs as page

    runs = []
    if (site := app.remembered()) is not None:
        with site:
            runs = site.store.journal.runs(site.settings.name, limit)
    app.show("runs", page.list_lines(runs), {"runs": [page.facts(run) for run in runs]})
