"""`orchestrate restart`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import diagram_option, gate_options, reason_option


@click.command()
@diagram_option
@gate_options
@reason_option
@click.pass_obj
def command(app: App, *, diagram: bool, wait: float | None, window: str | None, ignore_dispatch: bool, reason: str | None) -> int:
    """Restart the application once no mail is being sent, and see that it answers."""
    from orchestrator.cli.outcome import draw, finish
    from orchestrator.display.pages import plan as page
    from orchestrator.plans.upgrade import make_restart_plan
    from orchestrator.runs.start import start_restart
    from workflows.model.plans import GateOptions

    with app.open() as site:
        plan = make_restart_plan(site, GateOptions(wait, window, ignore_dispatch))
        if diagram:
            return draw(app, "restart", plan)
        if said := page.first_start_lines(plan.hops[0]):
            app.tell([*said, ""])
        app.sure(f"Restart OpenEMM {plan.source} on {site.settings.name}?")
        return finish(app, "orchestrate.restart/1", start_restart(site, plan, reason=reason, display=app.display))
