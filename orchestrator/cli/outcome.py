"""How a command that drove a run ends: what is shown, and its exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.app import App

if TYPE_CHECKING:
    from orchestrator.display.base import Display
    from orchestrator.plans.workflows import Plan
    from orchestrator.views.runs import Drawn, EndsOf, Run
    from state.journal import RunRecord


def finish(app: App, schema: EndsOf, run: RunRecord) -> int:
    """Show how the run stands and return the exit code."""
    from orchestrator.display.pages import runs
    from orchestrator.runs.start import downtime, exit_code
    from orchestrator.views.runs import Run, RunEnds

    ends = RunEnds(schema=schema, changed=schema != "orchestrate.watch/1", downtime=downtime(run), run=(told := Run.of(run)))
    lines = ["", *runs.ending_lines(told, ends.downtime)]
    if run.state in {"failed", "undo-failed"} and run.headline and not app.json:
        _tell_failure(run.headline, told)
        lines = []
    app.tell(lines, ends)
    return exit_code(run)


def draw(app: App, workflow: Drawn, plan: Plan) -> int:
    """Show the machine of a run that is not begun: its steps, what skips one, and the way back."""
    from orchestrator.errors import DONE
    from orchestrator.runs.start import diagram
    from orchestrator.views.runs import Diagram

    drawing = diagram(workflow, plan)
    app.tell(drawing.splitlines(), Diagram(workflow=workflow, diagram=drawing))
    return DONE


def begin(app: App, schema: EndsOf, start: Callable[[Display | None], RunRecord], *, detach: bool) -> int:
    """Start a run, drive it to its end and show that; or leave it to a unit of its own. The exit code.

    start: creates the run, and drives it when it is given a display.
    """
    from orchestrator.errors import DONE
    from orchestrator.runs.detach import resume_detached
    from orchestrator.views.runs import Run, RunEnds

    run = start(None if detach else app.display)
    if not detach:
        return finish(app, schema, run)
    with app.open(readonly=True) as site:
        unit = resume_detached(site, run.id, app.site)
    lines = [f"run {run.id} goes on in {unit}", f"  next      orchestrate watch {run.id}    see it happen"]
    app.tell(lines, RunEnds(schema=schema, changed=True, run=Run.of(run)))
    return DONE


def _tell_failure(headline: Mapping[str, Any], run: Run) -> None:
    """The run's first error, and behind its own remedies the commands that go on from here."""
    from orchestrator.display.pages import runs
    from orchestrator.errors import as_text, told
    from workflows.model.errors import WorkflowError

    error = told(WorkflowError.from_dict(headline))
    named = {tuple(command.split()[:2]) for command in error.next}
    more = [command for command in runs.next_commands(run) if tuple(command.split()[:2]) not in named]
    error = replace(error, next=(*error.next, *more))
    click.echo("\n".join(["", *as_text(error, where=runs.where(run))]), err=True)
