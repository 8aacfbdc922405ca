"""`orchestrate rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import detach_option, diagram_option, gate_options, reason_option, to_option

if TYPE_CHECKING:
    from orchestrator.display.base import Display
    from state.journal import RunRecord


@click.command()
@to_option(required=False)
@click.option("--run", "run_id", metavar="RUN", help="Take back that completed upgrade, or that rollback.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what it would do, and change nothing.")
@click.option("--without-database", is_flag=True, help="Leave the newer schema to the older code; says what it will miss.")
@diagram_option
@gate_options
@detach_option
@reason_option
@click.pass_obj
def command(
    app: App,
    target: str | None,
    *,
    run_id: str | None,
    only_plan: bool,
    without_database: bool,
    diagram: bool,
    wait: float | None,
    window: str | None,
    ignore_dispatch: bool,
    detach: bool,
    reason: str | None,
) -> int:
    """Go back to an older release with the database that belongs to it; or forward again, after a rollback.

    Without --to and --run: to where the last completed upgrade started. Shows first what is restored, what would be lost and
    how long it takes. The replaced database is kept, so that a rollback can be rolled back.
    """
    from orchestrator.cli.outcome import begin, draw
    from orchestrator.display.pages import moves as page
    from orchestrator.errors import DONE
    from orchestrator.plans import rollback as rollback_planning
    from orchestrator.runs import start as running
    from orchestrator.views.moves import Rollback
    from orchestrator.views.runs import RunEnds
    from workflows.model.plans import GateOptions

    with app.open() as site:
        gate = GateOptions(wait, window, ignore_dispatch)
        plan = rollback_planning.make_rollback_plan(site, target, run_id, gate, without_database=without_database)
        if not plan.trees:
            app.tell([f"nothing to do: {plan.target} runs already"], RunEnds(schema="orchestrate.rollback/1", changed=False))
            return DONE
        if diagram:
            return draw(app, "rollback", plan)
        view = rollback_planning.view(site, plan)
        lines = page.rollback_lines(site.settings.name, view)
        if only_plan:
            command_line = f"orchestrate rollback {f'--run {run_id.upper()}' if run_id else f'--to {plan.target}'}"
            more = " --without-database" if without_database else ""
            lines += ["", f"Nothing has been changed. To do it: {command_line}{more}"]
            app.tell(lines, Rollback.of(view))
            return DONE
        app.tell([*lines, ""])
        app.sure(f"Roll {site.settings.name} back to {plan.target} now?")

        def start(display: Display | None) -> RunRecord:
            return running.start_move(site, "rollback", plan, reason=reason, display=display)

        return begin(app, "orchestrate.rollback/1", start, detach=detach)
