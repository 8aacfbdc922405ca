"""What a rollback could put in place: verified dumps, and databases that earlier restores kept, each of a known release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.plans.switch import same
from workflows.model.errors import RefusedError
from workflows.model.machine import RunState
from workflows.model.moves import RestorePoint
from workflows.model.parts import RESTORE, part_of
from workflows.model.plans import Component
from workflows.steps.database.restore import BACK

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.ledger import Entry
    from workflows.host.backups import Backup

RESTORING = ("rollback", "restore")
_VERSIONS = ("component-version", "drift-observed")


@dataclass(frozen=True)
class Candidate:
    """A restore point and the release it belongs to. run: whose it is. seconds: to restore it, as measured; None: not known."""

    release: str
    point: RestorePoint
    components: Mapping[Component, str]
    run: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class KeptOf:
    """Where a kept database comes from."""

    run: str
    release: str
    components: Mapping[Component, str]


def candidates(site: Site) -> list[Candidate]:
    """All that counts, the newest state first."""
    found = [_of_dump(site, backup) for backup in site.host.backups.list() if backup.verified and backup.release]
    origins = kept_of_runs(site)
    for kept in site.host.backups.kept() if origins else ():
        if (origin := origins.get(kept.name)) is not None:
            point = RestorePoint(kept.since, tuple(sorted(kept.versions)), dict(kept.rows), kept=kept.name)
            found.append(Candidate(origin.release, point, origin.components, origin.run))
    return sorted(found, key=lambda one: one.point.taken, reverse=True)


def for_release(site: Site, release: str, *, run: str | None = None) -> Candidate:
    """The newest state of a release; with `run`, what that run left, where it is still there.

    Raises:
        RefusedError: "restore-point-missing", with what there is and why it does not count.
    """
    fit = [one for one in candidates(site) if same(one.release, release)]
    own = [one for one in fit if run is not None and one.run == run]
    if found := own or fit:
        return found[0]
    listed = site.host.backups.list()
    unproven = [b for b in listed if b.verified is None and b.release and same(b.release, release)]
    detail = [f"{b.id}: of {b.release or 'no known release'}{_why_not(b)}" for b in listed]
    following = [f"orchestrate backup verify {b.id}    proves it, then it counts" for b in unproven[:1]]
    raise RefusedError(
        f"there is no verified dump, and no kept database, of {release}",
        key="restore-point-missing", detail=detail[:25] or ["there is no backup at all"], unharmed=["nothing was changed"],
        next=[
            *following,
            "orchestrate backup list    what there is",
            f"orchestrate rollback --to {release} --without-database --plan    what the older code would miss",
        ],
    )  # fmt: skip


def kept_of_runs(site: Site) -> dict[str, KeptOf]:
    """By the name of a kept database, the release it holds: what ran before a rollback, or what its undo took out again."""
    found = {}
    for short in site.store.journal.runs(site.key):
        if short.workflow not in RESTORING or short.state not in {RunState.COMPLETED, RunState.UNDONE}:
            continue
        run = site.store.journal.load(short.id)
        name = next((s.intent.get("keep_as") for s in run.steps if part_of(s.name) == RESTORE), None)
        if name is None:
            continue
        before = {Component(key): version for key, version in run.plan["before"].items()}
        if run.state == RunState.COMPLETED:
            found[name] = KeptOf(run.id, before[Component.FRONTEND], before)
        else:
            after = before | {Component(tree["component"]): tree["version"] for tree in run.plan["trees"]}
            found[name + BACK] = KeptOf(run.id, run.plan["target"], after)
    return found


def components_at(site: Site, time: datetime) -> dict[Component, str]:
    """Which version of each component was active then, by the ledger; what it never saw change is as it is now."""
    found = dict(site.host.home.active())
    seen: dict[str, Entry] = {}
    later: dict[str, Entry] = {}
    for kind in _VERSIONS:
        for entry in site.ledger.entries(kind=kind):
            if entry.component not in {c.value for c in Component}:
                continue
            of = seen if entry.time <= time else later
            known = of.get(entry.component)
            if known is None or (entry.seq > known.seq) is (of is seen):
                of[entry.component] = entry
    for name, entry in later.items():
        if name not in seen and entry.from_version:
            found[Component(name)] = entry.from_version
    found.update({Component(name): entry.to_version for name, entry in seen.items() if entry.to_version})
    return found


def _of_dump(site: Site, backup: Backup) -> Candidate:
    point = RestorePoint(
        backup.created, tuple(sorted(backup.versions)), dict(backup.rows), backup=backup.id, verified=backup.verified
    )
    seconds = backup.proof.get("seconds")
    components = {**components_at(site, backup.created), Component.FRONTEND: backup.release}
    measured = float(seconds) if isinstance(seconds, int | float) else None
    return Candidate(backup.release, point, components, backup.id.partition("-")[0], measured)


def _why_not(backup: Backup) -> str:
    if "unverifiable" in backup.proof:
        return f", cannot be judged: {backup.proof['unverifiable']}"
    return "" if backup.verified else ", never restored and compared, so it does not count"
