"""`orchestrate plan`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import diagram_option, gate_options, to_option


@click.command()
@to_option(required=True)
@diagram_option
@gate_options
@click.pass_obj
def command(app: App, target: str, *, diagram: bool, wait: float | None, window: str | None, ignore_dispatch: bool) -> int:
    """What an upgrade would do, and for how long mail would be down.

    Changes nothing. Ends with 3 when a check would stop it.
    """
    from orchestrator.display.pages import checks as check_page
    from orchestrator.display.pages import plan as page
    from orchestrator.errors import DONE, STOPPED
    from orchestrator.plans import upgrade as planning
    from orchestrator.runs import start as running
    from orchestrator.views.checks import found, run_checks, stopped
    from orchestrator.views.plan import Plan, Upgrade
    from workflows.model.plans import GateOptions

    with app.open() as site:
        plan = planning.make_plan(site, target, GateOptions(wait, window, ignore_dispatch))
        if not plan.hops:
            app.tell([page.nothing_to_do(plan)], Plan(plan=Upgrade.of(plan), findings=()))
            return DONE
        drawing = running.diagram("upgrade", plan) if diagram else None
        if drawing and not app.json:
            app.tell(drawing.splitlines())
            return DONE
        told = Upgrade.of(plan, planning.estimate(site, plan))
        findings = found(run_checks(site, plan))
        name = site.settings.name
    lines = [*page.lines(name, told), "", *check_page.lines(findings), ""]
    lines += [f"Nothing has been changed. To do it: orchestrate upgrade --to {target}"]
    app.tell(lines, Plan(plan=told, findings=findings, diagram=drawing))
    return STOPPED if stopped(findings) else DONE
