"""`orchestrate upgrade`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import detach_option, gate_options, reason_option, to_option

if TYPE_CHECKING:
    from orchestrator.display.base import Display
    from state.journal import RunRecord


@click.command()
@to_option(required=True)
@gate_options
@click.option("--on-failure", type=click.Choice(["stop", "undo"]), default="stop", show_default=True, help="When a step fails.")
@detach_option
@reason_option
@click.pass_obj
def command(
    app: App,
    target: str,
    *,
    wait: float | None,
    window: str | None,
    ignore_dispatch: bool,
    on_failure: str,
    detach: bool,
    reason: str | None,
) -> int:
    """Go to a newer release, line by line; each hop is backed up, updated, started once and proven.

    Shows the plan and asks before it begins. Ends with 3 when a check stops it, with 4 when it waits or was paused.
    """
    from orchestrator.cli.outcome import begin
    from orchestrator.display.pages import checks as check_page
    from orchestrator.display.pages import plan as page
    from orchestrator.errors import DONE
    from orchestrator.plans import upgrade as planning
    from orchestrator.runs import start as running
    from orchestrator.views.checks import found, run_checks, stopped
    from orchestrator.views.plan import Upgrade
    from orchestrator.views.runs import RunEnds
    from workflows.model.plans import GateOptions

    with app.open() as site:
        plan = planning.make_plan(site, target, GateOptions(wait, window, ignore_dispatch))
        if not plan.hops:
            app.tell([page.nothing_to_do(plan)], RunEnds(schema="orchestrate.upgrade/1", changed=False))
            return DONE
        findings = found(run_checks(site, plan))
        if not app.json:
            told = Upgrade.of(plan, planning.estimate(site, plan))
            lines = [*page.lines(site.settings.name, told), "", *check_page.lines(findings), ""]
            app.tell(lines)
        if not stopped(findings):
            app.sure(f"Upgrade {site.settings.name} to {plan.target} now?")

        def start(display: Display | None) -> RunRecord:
            return running.start_upgrade(site, plan, reason=reason, on_failure=on_failure, display=display)

        return begin(app, "orchestrate.upgrade/1", start, detach=detach)
