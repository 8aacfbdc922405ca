"""`orchestrate switch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import detach_option, diagram_option, gate_options, reason_option

if TYPE_CHECKING:
    from orchestrator.display.base import Display
    from state.journal import RunRecord


@click.command()
@click.argument("component", metavar="COMPONENT", type=click.Choice(["runtime", "frontend", "backend", "manual"]))
@click.argument("version", metavar="VERSION")
@diagram_option
@gate_options
@detach_option
@reason_option
@click.pass_obj
def command(
    app: App,
    component: str,
    version: str,
    *,
    diagram: bool,
    wait: float | None,
    window: str | None,
    ignore_dispatch: bool,
    detach: bool,
    reason: str | None,
) -> int:
    """Make another version of a component the active one, from those that lie on this host.

    COMPONENT is runtime, frontend (GUI, statistics and webservices together), backend or manual. Frontend and backend stay
    within the release line: code and database schema move together only by `upgrade` and `rollback`.
    """
    from orchestrator.cli.outcome import begin, draw
    from orchestrator.display.pages import moves as page
    from orchestrator.errors import DONE
    from orchestrator.plans import switch as moving
    from orchestrator.runs import start as running
    from orchestrator.views.runs import RunEnds
    from workflows.model.plans import Component, GateOptions

    with app.open() as site:
        plan = moving.make_switch_plan(site, Component(component), version, GateOptions(wait, window, ignore_dispatch))
        if not plan.trees:
            nothing = RunEnds(schema="orchestrate.switch/1", changed=False)
            app.tell([f"nothing to do: {component} {plan.target} is active already"], nothing)
            return DONE
        if diagram:
            return draw(app, "switch", plan)
        app.tell([*page.switch_lines(site.settings.name, plan), ""])
        app.sure(f"Switch the {component} of {site.settings.name} to {plan.target} now?")

        def start(display: Display | None) -> RunRecord:
            return running.start_move(site, "switch", plan, reason=reason, display=display)

        return begin(app, "orchestrate.switch/1", start, detach=detach)
