"""How a command that drove a run ends: what is shown, and its exit code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App

if TYPE_CHECKING:
    from state.journal import RunRecord


def finish(app: App, command: str, run: RunRecord) -> int:
    """Show how the run stands and return the exit code."""
    from orchestrator.display.pages import runs
    from orchestrator.services.running import downtime, exit_code

    down = downtime(run)
    lines = ["", *runs.ending_lines(run, down)]
    if run.state == "failed" and run.headline and not app.json:
        _tell_failure(run)
        lines = []
    app.show(command, lines, {"changed": command != "watch", "downtime": down, "run": runs.facts(run)})
    return exit_code(run)


def _tell_failure(run: RunRecord) -> None:
    """The run's first error, and behind its own remedies the commands that go on from here."""
    from orchestrator.display.pages import runs
    from orchestrator.errors import as_text, told
    from workflows.errors import WorkflowError

    error = told(WorkflowError.from_dict(run.headline or {}))
    named = {tuple(command.split()[:2]) for command in error.next}
    more = [command for command in runs.next_commands(run) if tuple(command.split()[:2]) not in named]
    error = replace(error, next=(*error.next, *more))
    click.echo("\n".join(["", *as_text(error, where=runs.where(run))]), err=True)
