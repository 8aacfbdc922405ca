"""What is kept of earlier runs, and what may go: dumps by count, age and need; kept databases when nobody wants them back.

Folders that were copied before a start deleted them live as long as a dump or a kept database that is older than the copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from orchestrator.plans.restore_points import RESTORING
from orchestrator.plans.switch import same, versions_of
from state.ledger import EntryDraft
from workflows.model.errors import UsageError
from workflows.model.machine import ENDED, RunState
from workflows.model.plans import Component
from workflows.model.version import Version
from workflows.steps.database.restore import KEPT

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.journal import RunRecord
    from workflows.host.backups import Backup, KeptDatabase


@dataclass(frozen=True)
class Fate:
    """A dump, a kept database or kept folders, and what becomes of it. size: bytes, None where it is not known."""

    name: str
    kind: Literal["dump", "kept database", "kept folders"]
    taken: datetime
    size: int | None
    remove: bool
    why: str


def fates(site: Site) -> list[Fate]:
    """What `prune` would remove and keep, and why, newest first. Nothing is changed."""
    points = [*_dumps(site), *_databases(site)]
    return [*points, *_folders(site, [fate.taken for fate in points if not fate.remove])]


def prune(site: Site) -> list[Fate]:
    """Remove what may go; the fates as they were carried out.

    Raises:
        StateError: "run-in-progress".
    """
    with site.lease.acquire(None, "backup prune"):
        decided = fates(site)
        for fate in decided:
            if not fate.remove:
                continue
            if fate.kind == "dump":
                site.host.backups.remove(fate.name)
                _record(site, "backup-removed", {"backup": fate.name, "why": fate.why})
            elif fate.kind == "kept folders":
                site.host.home.forget_site_files(fate.name)
            else:
                _drop(site, fate.name, fate.why)
    return decided


def kept_by(site: Site, run_id: str) -> list[KeptDatabase]:
    """The databases that a run kept and that are still there.

    Raises:
        UsageError: "run-not-ended" while the run may still need them.
        StateError: there is no such run.
    """
    run = site.store.journal.load(run_id.upper())
    if run.state not in {state.value for state in ENDED}:
        raise UsageError(
            f"run {run.id} is {run.state}, and may still need what it keeps",
            key="run-not-ended", next=[f"orchestrate resume {run.id}    go on with it", f"orchestrate abort {run.id}"],
        )  # fmt: skip
    return [kept for kept in site.host.backups.kept() if kept.name.startswith(f"{KEPT}_{run.id.lower()}_")]


def forget(site: Site, run_id: str) -> list[KeptDatabase]:
    """Drop the databases, and remove the site files, that a run kept; what was dropped."""
    with site.lease.acquire(None, "runs forget"):
        found = kept_by(site, run_id)
        for kept in found:
            _drop(site, kept.name, "forgotten", run_id.upper())
        site.host.home.forget_site_files(run_id.upper())
        for fate in fates(site):
            if fate.kind == "kept folders" and fate.remove:
                site.host.home.forget_site_files(fate.name)
    return found


def _folders(site: Site, points: Sequence[datetime]) -> list[Fate]:
    """What becomes of copied folders. points: the times of what a rollback could put in place."""
    open_runs = {run.id for run in site.store.journal.runs(site.key) if run.state not in {s.value for s in ENDED}}
    made = []
    for kept in reversed(site.host.home.kept_folders()):
        run = kept.name.partition("-")[0]
        if run in open_runs:
            fate = (False, f"run {run} has not ended")
        elif any(taken <= kept.since for taken in points):
            fate = (False, "a rollback to before them brings them back")
        else:
            fate = (True, "nothing is left to roll back to that is as old")
        made.append(Fate(kept.name, "kept folders", kept.since, None, *fate))
    return made


def _drop(site: Site, name: str, why: str, run: str | None = None) -> None:
    site.host.backups.forget(name)
    _record(site, "kept-database-removed", {"kept": name, "why": why}, run)


def _record(site: Site, kind: str, evidence: dict[str, str], run: str | None = None) -> None:
    site.ledger.append([EntryDraft(kind, "database", evidence=evidence, run=run)], actor=site.actor)


def _dumps(site: Site) -> list[Fate]:
    backups = site.host.backups.list()
    runs = site.store.journal.runs(site.key)
    counted = [b.id for b in backups if b.verified][: site.settings.backups_keep]
    needed = _needed(site, backups, runs)
    youngest = datetime.now(UTC) - timedelta(days=site.settings.backups_days)
    held = {kept.backup: kept.name for kept in reversed(site.host.backups.kept())}
    made = []
    for b in backups:
        if why := needed.get(b.id):
            fate = (False, why)
        elif b.id in held:
            fate = (False, f"the way back of {held[b.id]} lies there")
        elif b.id in counted:
            fate = (False, f"among the {site.settings.backups_keep} newest")
        elif b.created >= youngest:
            fate = (False, f"younger than {site.settings.backups_days} days")
        else:
            fate = (True, "old, and no rollback needs it" if b.verified else "old, and never proven")
        made.append(Fate(b.id, "dump", b.created, b.size or None, *fate))
    return made


def _needed(site: Site, backups: Sequence[Backup], runs: Sequence[RunRecord]) -> dict[str, str]:
    """The dumps that a rollback may need, with why."""
    installed = [v for v in versions_of(site.host, Component.FRONTEND) if v[:1].isdigit()]
    lines = {Version.parse(v).line for v in installed}
    found: dict[str, str] = {}
    seen: set[str] = set()
    for b in backups:
        if not b.verified or not b.release:
            continue
        line = Version.parse(b.release).line
        for name, there in ((b.release, any(same(b.release, v) for v in installed)), (line, line in lines)):
            if there and name not in seen:
                found.setdefault(b.id, f"the newest of {name}, which is installed")
            seen.add(name)
    for run in runs:
        if run.state not in {state.value for state in ENDED}:
            found |= {b.id: f"run {run.id} is {run.state}" for b in backups if b.id.startswith(f"{run.id}-")}
            point = (run.plan.get("point") or {}).get("backup")
            found |= {point: f"run {run.id} is {run.state}"} if point else {}
    last = next((run for run in runs if run.workflow == "upgrade" and run.state == RunState.COMPLETED), None)
    if last is not None:
        found |= {b.id: f"orchestrate rollback --run {last.id}" for b in backups if b.id.startswith(f"{last.id}-hop1")}
    return found


def _databases(site: Site) -> list[Fate]:
    runs = site.store.journal.runs(site.key)
    last = next((run.id.lower() for run in runs if run.workflow in RESTORING and run.state == RunState.COMPLETED), None)
    open_points = {(run.plan.get("point") or {}).get("kept") for run in runs if run.state not in {s.value for s in ENDED}}
    youngest = datetime.now(UTC) - timedelta(days=site.settings.backups_days)
    made = []
    for kept in site.host.backups.kept():
        if kept.name in open_points:
            fate = (False, "a run that has not ended needs it")
        elif last is not None and kept.name.startswith(f"{KEPT}_{last}_"):
            fate = (False, f"orchestrate rollback --run {last.upper()}")
        elif kept.since >= youngest:
            fate = (False, f"younger than {site.settings.backups_days} days")
        else:
            fate = (True, "old; a later rollback kept another")
        made.append(Fate(kept.name, "kept database", kept.since, None, *fate))
    return made
