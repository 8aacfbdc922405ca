"""`orchestrate history`."""

from __future__ import annotations

from datetime import datetime

import click

from orchestrator.cli.app import App
from orchestrator.display.words import parse_moment


@click.command()
@click.option("--component", metavar="NAME", help="Only this one: runtime, frontend, backend, manual.")
@click.option("--at", metavar="TIME", type=parse_moment, help='What was active then, "2026-11-22 02:05" (UTC).')
@click.pass_obj
def command(app: App, component: str | None, at: datetime | None) -> None:
    """Which version of what was active when, from the ledger."""
    from orchestrator.display.pages import history as page
    from orchestrator.history import timeline
    from state.verify import Verdict

    spans, verdict = [], Verdict(0, None, None)
    if (site := app.remembered()) is not None:
        with site:
            spans = timeline(site, component, at)
            verdict = site.ledger.verify()
    app.show("history", page.lines(spans, verdict, at), page.facts(spans, verdict, at))
