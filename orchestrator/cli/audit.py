"""`orchestrate audit`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App


@click.group()
def command() -> None:
    """Prove that the ledger is unbroken."""


@command.command()
@click.pass_obj
def verify(app: App) -> int:
    """Recompute every hash of the ledger, from its first entry on. Ends with 1 when the chain is broken."""
    from orchestrator.display.pages import history as page
    from orchestrator.errors import DONE, FAILED

    with app.open(readonly=True) as site:
        verdict = site.ledger.verify()
    app.show("audit-verify", page.verdict_lines(verdict), {"ledger": page.verdict_facts(verdict)})
    return DONE if verdict.problem is None else FAILED
