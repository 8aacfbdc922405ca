"""`orchestrate check`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import to_option


@click.command()
@to_option(required=False)
@click.pass_obj
def command(app: App, target: str | None) -> int:
    """What would stop an upgrade; without --to, what is not as it should be.

    Changes nothing. Ends with 3 when something would stop it.
    """
    from orchestrator.display.pages import checks as page
    from orchestrator.errors import DONE, STOPPED
    from orchestrator.services.checking import run_checks

    with app.open() as site:
        plan = None
        if target:
            from orchestrator.services.planning import make_plan
            from workflows.plan import GateOptions

            plan = make_plan(site, target, GateOptions())
        findings = run_checks(site, plan)
    app.show("check", page.lines(findings), {"stopped": page.stopped(findings), "findings": page.facts(findings)})
    return STOPPED if page.stopped(findings) else DONE
