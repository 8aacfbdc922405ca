"""What runs here, on a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.display.pages.layout import flow, paragraph, table
from orchestrator.display.words import age, moment, number, size

if TYPE_CHECKING:
    from orchestrator.views.status import Status

_SHOWN = 3


def lines(status: Status) -> list[str]:
    """The site as it stands."""
    page = [f"openemm on {status.name}   {_running(status)}"]
    page += _components(status)
    page.append(f"  database {_database(status)}")
    page += _dispatch(status)
    page.append(f"  disk {size(status.disk_free) + ' free' if status.disk_free is not None else 'not known'}")
    page.append(f"  run  {_run(status)}     {_backup(status)}")
    page += [line for what, why in status.problems.items() for line in paragraph(f"{what}: {why}", 2)]
    if status.open_run:
        going, why = ("watch", "follow it") if status.open_run.driven else ("resume", "go on with it")
        page.append(f"  next      orchestrate {going} {status.open_run.id}    {why}")
        page.append(f"            orchestrate run {status.open_run.id}{' ' * len(going)} how it stands")
    return page


def drift_lines(status: Status, problem: str | None) -> list[str]:
    """What was changed by hand, and whether the ledger knows it now."""
    page = []
    for one in status.drift:
        said = f"{one.component}: the ledger says {one.recorded or 'none'}, found {one.found or 'none'}; changed by hand"
        page += paragraph(said, 2)
    if page:
        page += paragraph(f"not recorded: {problem}" if problem else "recorded in the ledger as observed", 2)
    return page


def _components(status: Status) -> list[str]:
    if not any(status.available.values()):
        parts = [f"{name} {version}" for name, version in status.components.items()]
        return flow(parts or [f"no component found under {status.home}"], 2)
    rows = [("", "active", "since (UTC)", "also on this host")]
    for name, there in status.available.items():
        active = status.components.get(name)
        since = moment(status.since[name])[:16] if name in status.since else "not known"
        others = ", ".join(version for version in there if version != active) or "-"
        rows.append((name, active or "none", since + (", by hand" if name in status.outside else ""), others))
    return table(rows)


def _running(status: Status) -> str:
    if status.frontend_since is None and status.answers is None:
        return click.style("not running", fg="red") + ("; the backend runs" if status.backend_runs else "")
    since = _clock(status) if status.frontend_since else "running, its process not found"
    if status.answers is None:
        return f"{since}, {click.style('does not answer', fg='red')} ({status.http})"
    return f"{since}, answers {status.answers}" + ("" if status.backend_runs else "; backend not running")


def _clock(status: Status) -> str:
    started = moment(status.frontend_since) if status.frontend_since else ""
    return f"running since {started[11:] if started[:10] == moment(status.now)[:10] else started} UTC"


def _database(status: Status) -> str:
    database = status.database
    if database is None:
        return click.style("not known", fg="yellow")
    if database.missing is None:
        complete = "whether complete is not known"
    elif database.missing:
        complete = click.style(f"{number(len(database.missing), 'update')} missing", fg="red")
    else:
        complete = f"complete for {status.components.get('frontend', 'what is active')}"
    return f"{number(database.updates, 'update')}, {complete}   {database.server}"


def _dispatch(status: Status) -> list[str]:
    if status.dispatches is None:
        return ["  dispatch not known"]
    if not status.dispatches:
        return ["  dispatch idle"]
    more = [f"and {len(status.dispatches) - _SHOWN} more"] if len(status.dispatches) > _SHOWN else []
    return [line for what in [*status.dispatches[:_SHOWN], *more] for line in paragraph(f"dispatch {what}", 2)]


def _run(status: Status) -> str:
    if "store" in status.problems:
        return "not known"
    run = status.open_run
    if run is None:
        return "none open"
    return f"{run.id} ({run.workflow}) {run.standing}"


def _backup(status: Status) -> str:
    if "store" in status.problems:
        return "last backup not known"
    if status.last_backup is None:
        return "no backup yet"
    return f"last backup {age((status.now - status.last_backup).total_seconds())} ago, verified"
