"""What runs here: asked of the host, never of memory, and quickly. What cannot be told is told as such."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestrator.hosts.real import RealHost, open_host
from workflows.errors import WorkflowError
from workflows.plan import Component, PackageKind

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from state.glance import Glance

T = TypeVar("T")
ENDED = ("completed", "undone")


@dataclass(frozen=True)
class DatabaseStatus:
    """OpenEMM's database. missing: versions the active release needs and the database lacks; None when not known."""

    server: str
    updates: int
    missing: tuple[str, ...] | None


@dataclass(frozen=True)
class RunStatus:
    """A run that has not ended."""

    id: str
    workflow: str
    state: str


@dataclass(frozen=True)
class Status:
    """What is known of a site now.

    answers: the version the application says it is, None when it does not answer as it should. components: version by
    component. dispatches: mail on its way, one line each. problems: by subject (database, dispatch, components, store), why
    it could not be told; what has a problem is None.
    """

    name: str
    home: str
    now: datetime
    frontend_since: datetime | None
    backend_runs: bool
    answers: str | None
    http: str
    components: Mapping[str, str]
    database: DatabaseStatus | None
    dispatches: tuple[str, ...] | None
    disk_free: int | None
    open_run: RunStatus | None
    last_backup: datetime | None
    problems: Mapping[str, str] = field(default_factory=dict)


class _Asker:
    """Asks one thing after the other; one that cannot be told does not keep the others from being told."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def ask(self, subject: str, question: Callable[[], T], unknown: T) -> T:
        """The answer, or `unknown` with a problem noted."""
        try:
            return question()
        except (WorkflowError, OSError) as error:
            self.problems[subject] = str(error)
            return unknown


def collect(settings: Settings) -> Status:
    """Look at the site; changes nothing, and needs no store."""
    from orchestrator.hosts import processes

    host = open_host(settings)
    asker = _Asker()
    running = processes.running()
    frontend = processes.frontend(settings.home, running)
    answer = host.application.version()
    database = asker.ask("database", partial(_database, host), None)
    glance = asker.ask("store", partial(_remembered, settings), None)
    no_versions: Mapping[Component, str] = {}
    return Status(
        name=settings.name,
        home=str(settings.home),
        now=datetime.now(UTC),
        frontend_since=min(
            map(_since, (process.pid for process in frontend)), default=None, key=lambda t: t or datetime.now(UTC)
        ),
        backend_runs=bool(processes.backend(settings.home, running)),
        answers=answer.body.strip() if answer.status == 200 else None,  # noqa: PLR2004
        http=f"HTTP {answer.status}" if answer.status else f"no answer: {answer.body}",
        components={c.value: v for c, v in asker.ask("components", host.home.active, no_versions).items()},
        database=database,
        dispatches=asker.ask("dispatch", partial(_dispatches, host), None) if database else None,
        disk_free=asker.ask("disk", partial(host.machine.free, str(settings.home)), None),
        open_run=RunStatus(glance.open_run.id, glance.open_run.workflow, glance.open_run.state)
        if glance and glance.open_run
        else None,
        last_backup=glance.last_backup if glance else None,
        problems=asker.problems,
    )


def _database(host: RealHost) -> DatabaseStatus:
    server = host.database.ping()
    versions = host.database.versions()
    folder = host.home.active_folder(PackageKind.GUI)
    try:
        needed = host.home.mandatory_versions(folder) if folder else None
    except WorkflowError:
        needed = None
    return DatabaseStatus(server, len(versions), None if needed is None else tuple(sorted(needed - versions)))


def _dispatches(host: RealHost) -> tuple[str, ...]:
    return tuple(found.what for found in [*host.database.dispatches(0.0), *host.machine.pending_mail()])


def _remembered(settings: Settings) -> Glance | None:
    if settings.state_url:
        return _remembered_on_server(settings)
    import sqlite3

    from state.glance import glance

    try:
        return glance(settings.state / "state.db", settings.name, ENDED)
    except sqlite3.Error as error:
        raise WorkflowError(f"cannot read the store: {error}") from error


def _remembered_on_server(settings: Settings) -> Glance | None:
    from orchestrator.site import Site
    from state.errors import StateError, StoreMissingError
    from state.glance import Glance, OpenRun

    try:
        with Site.open(settings, readonly=True) as site:
            run = site.store.journal.open_run(settings.name, ENDED)
            backups = [entry.time for entry in site.ledger.entries(kind="backup-verified")]
    except StoreMissingError:
        return None
    except StateError as error:
        raise WorkflowError(error.message) from error
    return Glance(OpenRun(run.id, run.workflow, run.state) if run else None, backups[-1] if backups else None)


def _since(pid: int) -> datetime | None:
    """When a process started, from /proc; None when it has ended meanwhile."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19])
        boot = next(line.split()[1] for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(int(boot) + ticks / os.sysconf("SC_CLK_TCK"), UTC)
