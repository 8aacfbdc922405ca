"""`orchestrate upgrade`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import gate_options, reason_option, to_option


@click.command()
@to_option(required=True)
@gate_options
@click.option("--on-failure", type=click.Choice(["stop", "undo"]), default="stop", show_default=True, help="When a step fails.")
@click.option("--detach", is_flag=True, help="Hand the run to a systemd unit of its own; follow it with `orchestrate watch`.")
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
    from orchestrator.cli.outcome import finish
    from orchestrator.display.pages import checks as check_page
    from orchestrator.display.pages import plan as page
    from orchestrator.display.pages import runs as run_page
    from orchestrator.errors import DONE
    from orchestrator.services import planning, running
    from orchestrator.services.checking import run_checks
    from orchestrator.services.detach import refuse_without_systemd, resume_detached
    from workflows.plan import GateOptions

    if detach:
        refuse_without_systemd()
    with app.open() as site:
        plan = planning.make_plan(site, target, GateOptions(wait, window, ignore_dispatch))
        if not plan.hops:
            app.show("upgrade", [page.nothing_to_do(plan)], {"changed": False, "downtime": None, "run": None})
            return DONE
        findings = run_checks(site, plan)
        if not app.json:
            lines = [*page.lines(site.settings.name, plan, planning.estimate(site, plan)), "", *check_page.lines(findings), ""]
            app.show("plan", lines, {})
        if not check_page.stopped(findings):
            app.sure(f"Upgrade {site.settings.name} to {plan.target} now?")
        if detach:
            run = running.create_upgrade(site, plan, reason=reason, on_failure=on_failure)
            unit = resume_detached(run.id, app.site)
            lines = [f"run {run.id} goes on in {unit}", f"  next      orchestrate watch {run.id}    see it happen"]
            app.show("upgrade", lines, {"changed": True, "downtime": None, "run": run_page.facts(run)})
            return DONE
        run = running.start_upgrade(site, plan, reason=reason, on_failure=on_failure, display=app.display)
        return finish(app, "upgrade", run)
