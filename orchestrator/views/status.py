"""What runs here: asked of the host, never of memory, and quickly. What cannot be told is told as such."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from orchestrator.hosts.real import RealHost, open_host
from orchestrator.identity import key_of
from orchestrator.places import see_state
from orchestrator.views.document import Count
from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, PackageKind

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from state.glance import Glance, Known

T = TypeVar("T")
ENDED = ("completed", "undone")


@dataclass(frozen=True)
class DatabaseStatus:
    """OpenEMM's database."""

    server: str
    updates: Count
    missing: tuple[str, ...] | None
    """Versions the active release needs and the database lacks; null when not known."""


@dataclass(frozen=True)
class RunStatus:
    """A run that has not ended."""

    id: str
    workflow: str
    state: str
    driven: bool = False
    """Whether a process drives it now."""

    @property
    def standing(self) -> str:
        """How it stands: "is paused", "has failed", "was cut off"."""
        if self.state in {"planned", "running", "undoing"} and not self.driven:
            return "was cut off" if self.state != "planned" else "is planned"
        said = {"failed": "has failed", "undo-failed": "has failed while it was taken back"}
        return said.get(self.state, f"is {self.state}")


@dataclass(frozen=True)
class Drift:
    """A component that is not what the ledger says: somebody changed a link by hand."""

    component: str
    recorded: str | None
    found: str | None
    """Null when none can be told."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is known of a site now."""

    schema: Literal["orchestrate.status/1"] = "orchestrate.status/1"
    name: str
    home: str
    now: datetime
    frontend_since: datetime | None
    backend_runs: bool
    answers: str | None
    """The version the application says it is; null when it does not answer as it should."""
    http: str
    components: Mapping[str, str]
    """By component, its version."""
    database: DatabaseStatus | None
    dispatches: tuple[str, ...] | None
    """Mail on its way, one line each."""
    disk_free: Count | None
    """Bytes."""
    open_run: RunStatus | None
    last_backup: datetime | None
    """When a dump was last proven to restore."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """By subject (database, dispatch, components, store), why it could not be told; what has a problem is null."""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """By component, when the ledger saw its version become active."""
    outside: tuple[str, ...] = ()
    """Components whose version was made active by hand."""
    available: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By component, the versions on the host, newest first."""
    drift: tuple[Drift, ...] = ()
    """What differs from the ledger, while no run is open."""
    drift_recorded: bool = False
    """The ledger has it now, as observed."""


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
    from orchestrator import processes

    host = open_host(settings)
    asker = _Asker()
    running = processes.running()
    frontend = processes.frontend(settings.home, running)
    answer = host.application.version()
    database = asker.ask("database", partial(_database, host), None)
    glance = asker.ask("store", partial(_remembered, settings), None)
    no_versions: Mapping[Component, str] = {}
    nothing: Mapping[str, tuple[str, ...]] = {}
    components = {c.value: v for c, v in asker.ask("components", host.home.active, no_versions).items()}
    asker.problems.update(_broken_links(host, components))
    asker.problems.update(_mixed(host, components.get(Component.FRONTEND.value)))
    known = glance.components if glance else {}
    backend_runs = bool(processes.backend(settings.home, running))
    open_run = glance.open_run.id if glance and glance.open_run else None
    believed = partial(_unit, settings, open_run, frontend=bool(frontend), backend=backend_runs)
    no_problem: dict[str, str] = {}
    asker.problems.update(asker.ask("unit", believed, no_problem))
    return Status(
        name=settings.name,
        home=str(settings.home),
        now=datetime.now(UTC),
        frontend_since=min(
            map(_since, (process.pid for process in frontend)), default=None, key=lambda t: t or datetime.now(UTC)
        ),
        backend_runs=backend_runs,
        answers=answer.body.strip() if answer.status == 200 else None,  # noqa: PLR2004
        http=f"HTTP {answer.status}" if answer.status else f"no answer: {answer.body}",
        components=components,
        database=database,
        dispatches=asker.ask("dispatch", partial(_dispatches, host), None) if database else None,
        disk_free=asker.ask("disk", lambda: host.system.space(str(settings.home)).free, None),
        open_run=RunStatus(**asdict(glance.open_run)) if glance and glance.open_run else None,
        last_backup=glance.last_backup if glance else None,
        problems=asker.problems,
        since={name: one.since for name, one in known.items() if one.version == components.get(name)},
        outside=tuple(name for name, one in known.items() if one.observed and one.version == components.get(name)),
        available=asker.ask("releases", partial(_available, host), nothing),
        drift=() if glance and glance.open_run else _drift(known, components),
    )


def record_drift(settings: Settings, drift: Sequence[Drift]) -> None:
    """Write what was found changed by hand to the ledger, as observed.

    Raises:
        StateError, OSError: the store cannot be written.
    """
    from orchestrator.runs.site import Site
    from state.ledger import EntryDraft

    with Site.open(settings) as site:
        drafts = [EntryDraft("drift-observed", d.component, d.recorded, d.found, {"by": "status"}) for d in drift]
        site.ledger.append(drafts, actor=site.actor)


def _drift(known: Mapping[str, Known], components: Mapping[str, str]) -> tuple[Drift, ...]:
    return tuple(
        Drift(name, one.version, components.get(name)) for name, one in known.items() if one.version != components.get(name)
    )


def _available(host: RealHost) -> dict[str, tuple[str, ...]]:
    """By component, newest first; a tree that is not there in full says so."""
    found: dict[str, dict[str, bool]] = {component.value: {} for component in Component}
    for one in host.home.installed():
        versions = found[one.tree.component.value]
        versions[one.tree.version] = versions.get(one.tree.version, True) and not one.missing
    return {
        name: tuple(v if whole else f"{v} (not in full)" for v, whole in reversed(_in_order(versions)))
        for name, versions in found.items()
    }


def _in_order(versions: Mapping[str, bool]) -> list[tuple[str, bool]]:
    return sorted(versions.items(), key=lambda item: [int(part) for part in re.findall(r"\d+", item[0])])


def _broken_links(host: RealHost, components: Mapping[str, str]) -> dict[str, str]:
    """By component, the link that leads nowhere, or into a tree that does not say its version."""
    from orchestrator.data.places import LINKS

    missing = {name: link for name, link in LINKS.items() if name.value not in components}
    found = {link.path: link.target for link in host.home.read_links(list(missing.values()))}
    return {
        name.value: f"the link {link} leads to {found[link]}, which is not there in full"
        for name, link in missing.items()
        if found[link] is not None
    }


def _mixed(host: RealHost, frontend: str | None) -> dict[str, str]:
    """By kind, the part of the frontend that is of another version than its GUI."""
    versions = {one.tree.folder: one.tree.version for one in host.home.installed()}
    parts = {kind: host.home.active_folder(kind) for kind in (PackageKind.STATISTICS, PackageKind.WEBSERVICES)}
    return {
        kind.value: f"version {versions[folder]} is active, and the GUI is {frontend}: they belong together"
        for kind, folder in parts.items()
        if folder is not None and frontend is not None and versions.get(folder, frontend) != frontend
    }


def _unit(settings: Settings, open_run: str | None, *, frontend: bool, backend: bool) -> dict[str, str]:
    """Why a boot would not start OpenEMM, and where systemd believes what is not so."""
    from orchestrator.hosts.units.openemm import HOLD, UNIT, Unit

    unit = Unit(settings.home)
    if not unit.ours():
        return {}
    if (holder := unit.holder()) is not None:
        if holder == open_run:
            return {"unit": f"no boot starts OpenEMM before run {holder} has ended"}
        return {"unit": f"{UNIT} is held by run {holder}, which is not open; to mend it: rm {HOLD}; systemctl daemon-reload"}
    if open_run is None and frontend == backend and unit.believed_up() != frontend:
        said = ("stopped", "it runs") if frontend else ("started", "nothing of it runs")
        return {"unit": f"systemd takes {UNIT} for {said[0]}, and {said[1]}; to mend it: orchestrate restart"}
    return {}


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
    return tuple(found.what for found in [*host.database.dispatches(0.0), *host.application.pending_mail()])


def _remembered(settings: Settings) -> Glance | None:
    see_state(settings.state)
    if settings.state_url:
        return _remembered_on_server(settings)
    import sqlite3

    from state.glance import glance

    try:
        return glance(settings.state / "state.db", key_of(settings), ENDED, [component.value for component in Component])
    except sqlite3.Error as error:
        raise WorkflowError(f"cannot read the store: {error}") from error


def _remembered_on_server(settings: Settings) -> Glance | None:
    from orchestrator.runs.site import Site
    from state.errors import StateError, StoreMissingError
    from state.glance import VERSION_KINDS, Glance, Known, OpenRun

    try:
        with Site.open(settings, readonly=True) as site:
            run = site.store.journal.open_run(site.key, ENDED)
            driven = site.lease.holder() is not None
            backups = [entry.time for entry in site.ledger.entries(kind="backup-verified")]
            last = {
                entry.component: entry
                for entry in sorted(
                    (entry for kind in VERSION_KINDS for entry in site.ledger.entries(kind=kind)), key=lambda entry: entry.seq
                )
                if entry.component in {component.value for component in Component}
            }
    except StoreMissingError:
        return None
    except StateError as error:
        raise WorkflowError(error.message) from error
    known = {str(name): Known(e.to_version, e.time, e.kind == VERSION_KINDS[1]) for name, e in last.items()}
    open_run = OpenRun(run.id, run.workflow, run.state, driven) if run else None
    return Glance(open_run, backups[-1] if backups else None, known)


def _since(pid: int) -> datetime | None:
    """When a process started, from /proc; None when it has ended meanwhile."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19])
        boot = next(line.split()[1] for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(int(boot) + ticks / os.sysconf("SC_CLK_TCK"), UTC)
