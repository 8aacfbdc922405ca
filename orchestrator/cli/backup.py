"""`orchestrate backup`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import diagram_option, gate_options, reason_option


@click.group()
def command() -> None:
    """Dumps of the database that were really restored and compared."""


@command.command()
@click.option("--no-verify", is_flag=True, help="Do not restore it now; it counts only once it was.")
@click.pass_obj
def create(app: App, *, no_verify: bool) -> None:
    """Dump the database while mail runs, and restore the dump into a scratch server."""
    from orchestrator.display.pages import backups as page
    from orchestrator.upkeep.backups import create_backup
    from orchestrator.views.backups import Backup, BackupDone

    with app.open() as site:
        backup = Backup.of(create_backup(site, verify=not no_verify))
    app.tell(page.lines([backup]), BackupDone(schema="orchestrate.backup-create/1", changed=True, backup=backup))


@command.command(name="list")
@click.pass_obj
def list_(app: App) -> None:
    """All backups of this site, newest first."""
    from orchestrator.display.pages import backups as page
    from orchestrator.views.backups import Backup, Backups

    with app.open() as site:
        backups = tuple(map(Backup.of, site.host.backups.list()))
    app.tell(page.lines(backups), Backups(backups=backups))


@command.command()
@click.argument("backup_id", metavar="BACKUP")
@click.pass_obj
def verify(app: App, backup_id: str) -> None:
    """Restore a dump into an empty scratch server and compare it with what was dumped."""
    from orchestrator.display.pages import backups as page
    from orchestrator.upkeep.backups import verify_backup
    from orchestrator.views.backups import Backup, BackupDone

    with app.open() as site:
        backup = Backup.of(verify_backup(site, backup_id))
    app.tell(page.lines([backup]), BackupDone(schema="orchestrate.backup-verify/1", changed=True, backup=backup))


@command.command()
@click.argument("backup_id", metavar="BACKUP")
@diagram_option
@gate_options
@reason_option
@click.pass_obj
def restore(
    app: App, backup_id: str, *, diagram: bool, wait: float | None, window: str | None, ignore_dispatch: bool, reason: str | None
) -> int:
    """Put a dump of the active release back; the database it replaces is kept.

    A dump of another release is put back by `orchestrate rollback`, together with its code.
    """
    from orchestrator.cli.outcome import draw, finish
    from orchestrator.display.pages import moves as page
    from orchestrator.plans import rollback as rollback_planning
    from orchestrator.runs import start as running
    from workflows.model.plans import GateOptions

    with app.open() as site:
        plan = rollback_planning.make_restore_plan(site, backup_id, GateOptions(wait, window, ignore_dispatch))
        if diagram:
            return draw(app, "restore", plan)
        if not app.json:
            app.tell([*page.rollback_lines(site.settings.name, rollback_planning.view(site, plan)), ""])
        app.sure(f"Restore {backup_id} on {site.settings.name} now?")
        run = running.start_move(site, "restore", plan, reason=reason, display=app.display)
        return finish(app, "orchestrate.backup-restore/1", run)


@command.command()
@click.pass_obj
def prune(app: App) -> None:
    """Remove the dumps and kept databases that neither retention nor any rollback needs; says first which.

    backups_keep and backups_days of the settings say how many, and for how long.
    """
    from orchestrator.display.pages import retention as page
    from orchestrator.upkeep import retention
    from orchestrator.views.backups import Pruned

    with app.open() as site:
        decided = retention.fates(site)
        going = [fate for fate in decided if fate.remove]
        app.tell(page.lines(decided, done=False))
        if going:
            app.sure(f"Remove {', '.join(fate.name for fate in going)} for good?")
            decided = retention.prune(site)
    lines = page.lines([fate for fate in decided if fate.remove], done=True) if going else ["nothing to remove"]
    app.tell(lines, Pruned(changed=bool(going), fates=tuple(decided)))
