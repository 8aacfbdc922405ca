"""`orchestrate runs`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at the most.")
@click.pass_obj
def command(app: App, limit: int) -> None:
    """All runs of this site, newest first."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from orchestrator.display.pages import runs as page
    from orchestrator.views.runs import Run, Runs

    runs = Runs(runs=())
    if (site := app.remembered()) is not None:
        with site:
            runs = Runs(runs=tuple(map(Run.of, site.store.journal.runs(site.key, limit))))
    app.tell(page.list_lines(runs.runs), runs)


@command.command()
@click.argument("run_id", metavar="RUN")
@click.pass_obj
def forget(app: App, run_id: str) -> None:
    """Drop the databases that a run kept for a way back, and the site files it put aside."""
    from orchestrator.display.pages import retention as page
    from orchestrator.upkeep import retention
    from orchestrator.views.runs import Forgotten

    with app.open() as site:
        kept = retention.kept_by(site, run_id)
        app.tell(page.kept_lines(run_id.upper(), kept))
        if kept:
            app.sure(f"Drop {', '.join(one.name for one in kept)} for good? What they hold cannot be had back.")
        dropped = retention.forget(site, run_id)
    names = tuple(one.name for one in dropped)
    app.tell([f"dropped {name}" for name in names], Forgotten(changed=bool(names), dropped=names))
