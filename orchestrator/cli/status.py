"""`orchestrate status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App

if TYPE_CHECKING:
    from orchestrator.views.status import Status


@click.command()
@click.pass_obj
def command(app: App) -> None:
    """What runs here, which versions lie on the host, and whether a run is open.

    A link that was changed by hand is named, and recorded in the ledger as observed.
    """
    from dataclasses import replace

    from orchestrator.display.pages import status as page
    from orchestrator.views.status import collect

    status = collect(app.settings)
    problem = _record(app, status) if status.drift else None
    status = replace(status, drift_recorded=bool(status.drift) and problem is None)
    app.tell([*page.lines(status), *page.drift_lines(status, problem)], status)


def _record(app: App, status: Status) -> str | None:
    """Record what was found; why it cannot be, where the store is not ours to write."""
    from orchestrator.errors import told
    from orchestrator.views.status import record_drift
    from state.errors import StateError

    try:
        record_drift(app.settings, status.drift)
    except (StateError, OSError) as error:
        return told(error).message
    return None
