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
    from orchestrator.views.packages import Offered, PackageList

    with app.open() as site:
        packages = tuple(map(Offered.of, site.host.releases.available()))
        where = site.settings.packages
    app.tell(page.list_lines(packages, where), PackageList(packages=packages))


@command.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.pass_obj
def verify(app: App, files: tuple[str, ...]) -> int:
    """Fetch packages and hold their digests against SHA256SUMS and the ledger; without FILE, all that are offered."""
    from orchestrator.display.pages import packages as page
    from orchestrator.errors import DONE, FAILED
    from orchestrator.upkeep.backups import verify_packages
    from orchestrator.views.packages import PackagesVerified

    with app.open() as site:
        verdicts = tuple(verify_packages(site, files))
    sound = all(verdict.error is None for verdict in verdicts)
    app.tell(page.verdict_lines(verdicts), PackagesVerified(sound=sound, packages=verdicts))
    return DONE if sound else FAILED
