"""`orchestrate backup`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.group()
def command() -> None:
    """Dumps of the database that were really restored and compared."""


@command.command()
@click.option("--no-verify", is_flag=True, help="Do not restore it now; it counts only once it was.")
@click.pass_obj
def create(app: App, *, no_verify: bool) -> None:
    """Dump the database while mail runs, and restore the dump into a scratch server."""
    from orchestrator.display.pages import backups as page
    from orchestrator.upkeep import create_backup

    with app.open() as site:
        backup = create_backup(site, verify=not no_verify)
    app.show("backup-create", page.lines([backup]), {"changed": True, "backup": page.facts(backup)})


@command.command(name="list")
@click.pass_obj
def list_(app: App) -> None:
    """All backups of this site, newest first."""
    from orchestrator.display.pages import backups as page

    with app.open() as site:
        backups = site.host.backups.list()
    app.show("backup-list", page.lines(backups), {"backups": [page.facts(backup) for backup in backups]})


@command.command()
@click.argument("backup_id", metavar="BACKUP")
@click.pass_obj
def verify(app: App, backup_id: str) -> None:
    """Restore a dump into an empty scratch server and compare it with what was dumped."""
    from orchestrator.display.pages import backups as page
    from orchestrator.upkeep import verify_backup

    with app.open() as site:
        backup = verify_backup(site, backup_id)
    app.show("backup-verify", page.lines([backup]), {"changed": True, "backup": page.facts(backup)})
