"""`orchestrate database`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import diagram_option, gate_options, reason_option

SHOWN = 25


@click.group()
def command() -> None:
    """How large, how tuned and of which format the tables of OpenEMM's database are."""


@command.command()
@click.option("--estimate", is_flag=True, help="Take the server's estimate of rows: quick, but without growth.")
@click.option("--all", "everything", is_flag=True, help=f"All tables, not only the {SHOWN} biggest.")
@click.pass_obj
def size(app: App, *, estimate: bool, everything: bool) -> None:
    """The tables, biggest first, with what they grew since the last backup."""
    from orchestrator.display.pages import tables as page
    from orchestrator.hosts.backups.backups import RealBackups
    from orchestrator.views.tables import sizes

    found = sizes(app.settings, RealBackups(app.settings).list(), exact=not estimate)
    app.tell(page.size_lines(found, None if everything else SHOWN), found)


@command.command()
@click.pass_obj
def tune(app: App) -> None:
    """What the server's settings are, and what the guide and this host's memory suggest; changes nothing."""
    from orchestrator.display.pages import tables as page
    from orchestrator.views.tables import tuning

    found = tuning(app.settings)
    app.tell(page.tune_lines(found), found)


@command.command(name="check-format")
@click.option(
    "--convert", is_flag=True, help="Convert them, as a run that can be resumed and taken back; mail is down meanwhile."
)
@diagram_option
@gate_options
@reason_option
@click.pass_obj
def check_format(
    app: App, *, convert: bool, diagram: bool, wait: float | None, window: str | None, ignore_dispatch: bool, reason: str | None
) -> int:
    """Whether tables are of the format Compact, which an update of MariaDB may refuse (MDEV-19292)."""
    from orchestrator.cli.outcome import draw, finish
    from orchestrator.display.pages import tables as page
    from orchestrator.display.words import number
    from orchestrator.errors import DONE
    from orchestrator.hosts.database.formats import RealTableFormats
    from orchestrator.runs.start import start_conversion
    from orchestrator.views.tables import TableFormats, conversion
    from workflows.model.plans import GateOptions

    if not convert and not diagram:
        told = TableFormats.of(RealTableFormats(app.settings).look())
        following = [] if told.sound else ["  next      orchestrate database check-format --convert"]
        app.tell([*page.format_lines(told), *following], told)
        return DONE
    with app.open() as site:
        found, plan = conversion(site, GateOptions(wait, window, ignore_dispatch))
        told = TableFormats.of(found)
        if told.sound:
            app.tell(page.format_lines(told), told)
            return DONE
        if diagram:
            return draw(app, "convert", plan)
        app.tell([*page.format_lines(told), "  stop, dump and test restore, convert, prove, start again", ""])
        app.sure(f"Convert {number(plan.tables, 'table')} of {site.settings.name} now?")
        return finish(app, "orchestrate.convert/1", start_conversion(site, plan, reason=reason, display=app.display))
