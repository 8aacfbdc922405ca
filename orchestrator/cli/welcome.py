"""What `orchestrate` without a command says: the commands, and what comes next here."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.cli.app import App
from orchestrator.tool import TOOL_VERSION


def welcome(app: App, sections: Mapping[str, Mapping[str, str]]) -> None:
    """The commands in short, and the next one."""
    from orchestrator.display.pages.layout import table
    from orchestrator.views.welcome import Welcome

    lines = [f"orchestrate {TOOL_VERSION}   upgrades of OpenEMM servers, resumable and proven", ""]
    wide = max(len(name) for commands in sections.values() for name in commands)
    rows = [(title if n == 0 else "", *row) for title, commands in sections.items() for n, row in enumerate(commands.items())]
    lines += table([(f"{title:<9}", f"{name:<{wide}}", text) for title, name, text in rows], gap=1)
    following = _next(app)
    page = [*lines, "", *(f"  {'next' if number == 0 else '':<10}{line}" for number, line in enumerate(following))]
    app.tell(page, Welcome(version=TOOL_VERSION, commands=sections, next=tuple(following)))


def _next(app: App) -> list[str]:
    from orchestrator.errors import told
    from workflows.model.errors import WorkflowError

    try:
        following = ("orchestrate status               what runs here", *_open_run(app))
    except WorkflowError as error:
        following = told(error).next
    return list(following)


def _open_run(app: App) -> list[str]:
    import sqlite3
    from dataclasses import asdict

    from orchestrator.identity import key_of
    from orchestrator.views.status import ENDED, RunStatus
    from state.glance import glance

    plan = "orchestrate plan --to VERSION    what an upgrade would do"
    settings = app.settings
    if settings.state_url:
        return [plan]
    try:
        found = glance(settings.state / "state.db", key_of(settings), ENDED)
    except (sqlite3.Error, OSError):
        return [plan]
    if found is None or found.open_run is None:
        return [plan]
    run = RunStatus(**asdict(found.open_run))
    if run.driven:
        return [f"orchestrate watch {run.id}           follow it: the {run.workflow} {run.standing}"]
    return [f"orchestrate resume {run.id}          go on: the {run.workflow} {run.standing}"]
