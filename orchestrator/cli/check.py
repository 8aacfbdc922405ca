"""`orchestrate check`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.mend import fix_option, mend
from orchestrator.cli.options import reason_option, to_option


@click.command()
@to_option(required=False)
@fix_option
@reason_option
@click.pass_obj
def command(app: App, target: str | None, wanted: str | None, reason: str | None) -> int:
    """What would stop an upgrade; without --to, what is not as it should be.

    Without --fix it changes nothing. Ends with 3 when something would stop it.
    """
    from orchestrator.display.pages import checks as page
    from orchestrator.errors import DONE, STOPPED
    from orchestrator.views.checks import Check, Mended, found, keys, run_checks, stopped

    with app.open() as site:
        plan = None
        if target:
            from orchestrator.plans.upgrade import make_plan
            from workflows.model.plans import GateOptions

            plan = make_plan(site, target, GateOptions())
        findings, fixed = run_checks(site, plan), []
        if wanted:
            fixed = mend(app, site, findings, wanted, known=keys(), page=page.lines, reason=reason)
            findings = run_checks(site, plan) if fixed else findings
    told = found(findings)
    check = Check(stopped=stopped(told), findings=told, fixed=tuple(map(Mended.of, fixed)))
    app.tell([*page.fixed_lines(check.fixed), *page.lines(told)], check)
    return STOPPED if check.stopped else DONE
