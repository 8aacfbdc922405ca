"""How a command that drove a run ends: what is shown, and its exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App

if TYPE_CHECKING:
    from state.journal import RunRecord


def finish(app: App, command: str, run: RunRecord) -> int:
    """Show how the run stands and return the exit code."""
    from orchestrator.display.pages import runs
    from orchestrator.running import exit_code

    if run.state == "failed" and run.headline and not app.json:
        from orchestrator.errors import as_text
        from workflows.errors import WorkflowError

        click.echo("\n".join(["", *as_text(WorkflowError.from_dict(run.headline), where=runs.where(run))]), file=sys.stderr)
    app.show(command, ["", *runs.ending_lines(run)], {"changed": command != "watch", "run": runs.facts(run)})
    return exit_code(run)
