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
    from orchestrator.views.checks import run_checks
    from workflows.model.plans import GateOptions

    with app.open() as site:
        plan = planning.make_plan(site, target, GateOptions(wait, window, ignore_dispatch))
        if not plan.hops:
            app.show("plan", [page.nothing_to_do(plan)], {"changed": False, "plan": page.facts(plan, ()), "findings": []})
            return DONE
        drawing = running.diagram("upgrade", plan) if diagram else None
        if drawing and not app.json:
            app.show("plan", drawing.splitlines(), {})
            return DONE
        estimates = planning.estimate(site, plan)
        findings = run_checks(site, plan)
        name = site.settings.name
    lines = [*page.lines(name, plan, estimates), "", *check_page.lines(findings), ""]
    lines += [f"Nothing has been changed. To do it: orchestrate upgrade --to {target}"]
    facts = {"changed": False, "plan": page.facts(plan, estimates), "findings": check_page.facts(findings)}
    app.show("plan", lines, {**facts, "diagram": drawing} if drawing else facts)
    return STOPPED if check_page.stopped(findings) else DONE
