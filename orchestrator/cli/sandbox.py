"""`orchestrate sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.app import App

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """A whole host in a folder, to try and to test on."""


@command.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--release", metavar="LINE", default="19.10", show_default=True, help="What is installed at first.")
@click.option("--recipients", type=click.IntRange(0), default=0, help="How many recipients the database holds.")
@click.pass_obj
def create(app: App, folder: Path, release: str, recipients: int) -> None:
    """Make one: home, packages, a private MariaDB, and an application that answers."""
    from orchestrator.sandbox import host
    from orchestrator.views.sandbox import Sandbox

    host.create(folder, release, recipients=recipients)
    lines = [
        f"a host on {release} in {folder}",
        f"  next      export ORCHESTRATE_SITE={folder.absolute()}",
        "            orchestrate status                what runs there",
        "            orchestrate upgrade --to 20.10    two hops",
        f"            orchestrate sandbox destroy {folder}",
    ]
    app.tell(lines, Sandbox(changed=True, folder=str(folder), state="created"))


@command.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.pass_obj
def destroy(app: App, folder: Path) -> None:
    """End its processes and remove the folder."""
    from orchestrator.sandbox import host
    from orchestrator.views.sandbox import Sandbox

    host.require(folder)
    app.sure(f"Remove {folder} and all that is in it?")
    host.destroy(folder)
    app.tell([f"{folder} is gone"], Sandbox(changed=True, folder=str(folder), state="destroyed"))


@command.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.pass_obj
def start(app: App, folder: Path) -> None:
    """Start its database server, and what ran when it was stopped."""
    from orchestrator.sandbox import host
    from orchestrator.views.sandbox import Sandbox

    host.start(folder)
    app.tell([f"{folder} runs"], Sandbox(changed=True, folder=str(folder), state="started"))


@command.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.pass_obj
def stop(app: App, folder: Path) -> None:
    """Stop everything in it."""
    from orchestrator.sandbox import host
    from orchestrator.views.sandbox import Sandbox

    host.stop(folder)
    app.tell([f"{folder} is stopped"], Sandbox(changed=True, folder=str(folder), state="stopped"))
