"""`orchestrate packages`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.group()
def command() -> None:
    """The packages this site can be upgraded with."""


@command.command(name="list")
@click.pass_obj
def list_(app: App) -> None:
    """What the package source offers."""
    from orchestrator.display.pages import packages as page

    with app.open() as site:
        packages = site.host.packages.available()
        where = site.settings.packages
    app.show("packages-list", page.list_lines(packages, where), {"packages": [page.facts(ref) for ref in packages]})


@command.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.pass_obj
def verify(app: App, files: tuple[str, ...]) -> int:
    """Fetch packages and hold their digests against SHA256SUMS and the ledger; without FILE, all that are offered."""
    from orchestrator.display.pages import packages as page
    from orchestrator.errors import DONE, FAILED
    from orchestrator.upkeep.backups import verify_packages

    with app.open() as site:
        verdicts = verify_packages(site, files)
    facts = [page.verdict_facts(verdict) for verdict in verdicts]
    app.show(
        "packages-verify", page.verdict_lines(verdicts), {"sound": all(v.error is None for v in verdicts), "packages": facts}
    )
    return DONE if all(v.error is None for v in verdicts) else FAILED
