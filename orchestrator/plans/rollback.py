"""Plan a rollback: where to, with which database, what is lost by it, and how long mail is down (DESIGN 4)."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.plans.first_starts import with_first_start
from orchestrator.plans.restore_points import RESTORING, Candidate, candidates, components_at, for_release
from orchestrator.plans.switch import gui_of, hop_to, newest, require_active, require_database, same, tomcat_links, trees_for
from orchestrator.tool import TOOL_VERSION
from workflows.model.errors import RefusedError, UsageError, WorkflowError, refusing
from workflows.model.machine import RunState, StepState
from workflows.model.moves import RestorePoint, RollbackPlan
from workflows.model.parts import BACKEND, LINKS, MIGRATE, RESTORE, START, STOP, VERIFY, part_of
from workflows.model.plans import Component, GateOptions
from workflows.model.version import Version
from workflows.rules.loss import written_since
from workflows.rules.window import parse_window

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.journal import RunRecord

NAMED = {
    "recipients": re.compile(r"customer_\d+_tbl"),
    "mailings": re.compile(r"mailing_tbl"),
    "clicks": re.compile(r"rdirlog_\d+_tbl"),
    "openings": re.compile(r"onepixellog_\d+_tbl"),
}
PARTS = (STOP, LINKS, START, MIGRATE, VERIFY, BACKEND)


@dataclass(frozen=True)
class Loss:
    """What people wrote since the restore point. tables: by table how many rows more there are now, most first.

    What the upgrade wrote itself is not in it (rules/loss.py), nor what was changed in place. problem: why it could not be
    counted, None when it was.
    """

    rows: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class RollbackView:
    """A plan with what people want to know before they say yes. seconds: of downtime; None where no earlier run tells."""

    plan: RollbackPlan
    loss: Loss
    restore_seconds: float | None
    other_seconds: float | None


def make_rollback_plan(
    site: Site, target: str | None, run_id: str | None, gate: GateOptions, *, without_database: bool = False
) -> RollbackPlan:
    """The plan of a rollback: to a version, of a run, or to where the last completed upgrade started.

    Nothing to do when source and target are equal.

    Raises:
        UsageError: "version-not-installed", "nothing-to-roll-back", "run-not-completed", "target-and-run".
        RefusedError: "restore-point-missing", "no-room-for-restore", "fingerprint-missing", and those of
            `orchestrator.plans.switch`; BackupError: "backup-corrupt", ... as refusals too. Nothing was changed.
    """
    if gate.window:
        parse_window(gate.window)
    active = require_active(site.host)
    source = active[Component.FRONTEND]
    wanted, run = _target(site, target, run_id)
    version = newest(site.host, Component.FRONTEND, wanted)
    plan = RollbackPlan(
        source=source, target=version, hop=hop_to(source, version, "rollback"), gate=gate,
        before={component.value: held for component, held in active.items()},
        start_timeout=site.settings.start_timeout, migrate_timeout=site.settings.migrate_timeout, tool_version=TOOL_VERSION,
    )  # fmt: skip
    if same(source, version):
        return plan
    if Version.parse(source).line == Version.parse(version).line:
        plan = replace(plan, trees=trees_for(site.host, _together(site, version, active)))
        require_database(site.host, plan.trees, version)
    elif without_database:
        misses, unknown = schema_gap(site, version)
        components = _together(site, version, active)
        plan = replace(
            plan, trees=trees_for(site.host, components), without_database=True, misses=tuple(misses), unknown=tuple(unknown),
            folders=_folders(site, _left(site, version)),
        )  # fmt: skip
    else:
        found = for_release(site, version, run=run)
        plan = replace(
            plan, trees=trees_for(site.host, _known(found, active)),
            point=replace(found.point, left=_left_by_upgrade(site, found.point.taken)),
            folders=_folders(site, found.point.taken),
        )  # fmt: skip
        require_restorable(site, found)
    hop = with_first_start(site.host, plan.hop, gui_of(plan.trees), restored=plan.point is not None)
    return replace(plan, hop=hop, links=tomcat_links(site.host, version))


def make_restore_plan(site: Site, backup: str, gate: GateOptions) -> RollbackPlan:
    """The plan that puts a dump of the active release back.

    Raises:
        RefusedError: "backup-of-other-release", and as for a rollback.
    """
    if gate.window:
        parse_window(gate.window)
    active = require_active(site.host)
    source = active[Component.FRONTEND]
    held = refusing(lambda: site.host.backups.check(backup))
    if not same(held.release or "none", source):
        raise RefusedError(
            f"backup {backup} is of {held.release or 'no known release'}, and {source} is active: they belong together",
            key="backup-of-other-release", unharmed=["nothing was changed"],
            next=[f"orchestrate rollback --to {held.release}    moves links and database together"],
        )  # fmt: skip
    found = next(one for one in _dumps(site, source) if one.point.backup == backup)
    require_restorable(site, found)
    return RollbackPlan(
        source=source, target=source, gate=gate, point=found.point,
        hop=with_first_start(site.host, hop_to(source, source, "restore"), restored=True),
        before={component.value: version for component, version in active.items()},
        start_timeout=site.settings.start_timeout, migrate_timeout=site.settings.migrate_timeout, tool_version=TOOL_VERSION,
    )  # fmt: skip


def view(site: Site, plan: RollbackPlan) -> RollbackView:
    """What the plan means: counted now, and measured in earlier runs."""
    point = plan.point
    loss = Loss() if point is None else count_loss(site, point)
    seconds = None
    if point is not None:
        measured = [one.seconds for one in _dumps(site, plan.target) if one.point.backup == point.backup and one.seconds]
        seconds = measured[0] if measured and point.backup else _median(site, RESTORE, kept=bool(point.kept))
    parts = [taken for part in PARTS if (taken := _median(site, part)) is not None]
    return RollbackView(plan, loss, seconds, sum(parts) if parts else None)


def count_loss(site: Site, point: RestorePoint) -> Loss:
    """Rows that people wrote and a restore point has not."""
    try:
        more = written_since(point, site.host.database.row_counts())
    except WorkflowError as error:
        return Loss(problem=error.message)
    named = {what: sum(n for table, n in more.items() if names.fullmatch(table.lower())) for what, names in NAMED.items()}
    return Loss(sum(more.values()), more, {what: count for what, count in named.items() if count})


def require_restorable(site: Site, found: Candidate) -> None:
    """See that a restore point can be put in place: intact, with an account that may, and with room for it.

    Raises:
        RefusedError: as the host says; nothing was changed.
    """
    host = site.host
    refusing(host.backups.can_restore)
    backup = found.point.backup
    if backup is None:
        return
    refusing(lambda: host.backups.check(backup))
    needed, folder = host.backups.room_to_restore(backup)
    if folder is not None and (free := host.system.space(folder).free) < needed:
        raise RefusedError(
            f"there is no room to restore {backup} beside the database: {needed} bytes needed, {free} free in {folder}",
            key="no-room-for-restore", unharmed=["nothing was changed"],
            next=[f"df -h {folder}", "orchestrate backup prune    removes what no rollback needs; says first which"],
        )  # fmt: skip


def schema_gap(site: Site, version: str) -> tuple[list[str], list[str]]:
    """What the code of a release would miss in the present schema, and what it does not know of it.

    Raises:
        RefusedError: "fingerprint-missing", the ledger knows no schema of that release.
    """
    known = None
    for entry in site.ledger.entries(kind="schema-fingerprint"):
        if entry.to_version and same(entry.to_version, version):
            known = entry.evidence.get("tables")
    if not isinstance(known, dict):
        raise RefusedError(
            f"cannot say what {version} would miss: the ledger holds no schema of that release",
            key="fingerprint-missing", unharmed=["nothing was changed"],
            next=[f"orchestrate rollback --to {version} --plan    with its database", "orchestrate backup list"],
        )  # fmt: skip
    then, now = _columns(known), _columns(site.host.database.schema())
    return _gap(then, now), _gap(now, then)


def _target(site: Site, target: str | None, run_id: str | None) -> tuple[Version, str | None]:
    if target is not None and run_id is not None:
        raise UsageError(
            "--to and --run cannot be given together",
            key="target-and-run",
            next=["orchestrate rollback --help    what each means"],
        )
    if target is not None:
        return Version.parse(target), None
    run = _last_upgrade(site) if run_id is None else _completed(site.store.journal.load(run_id.upper()))
    return Version.parse(str(run.plan["source"])), run.id


def _last_upgrade(site: Site) -> RunRecord:
    runs = site.store.journal.runs(site.key)
    found = next((run for run in runs if run.workflow == "upgrade" and run.state == RunState.COMPLETED), None)
    if found is None:
        raise UsageError(
            "no upgrade was completed here, so that there is nothing to roll back",
            key="nothing-to-roll-back",
            next=["orchestrate rollback --to VERSION", "orchestrate abort    takes an unfinished run back"],
        )  # fmt: skip
    return found


def _completed(run: RunRecord) -> RunRecord:
    if run.state != RunState.COMPLETED or run.workflow not in {"upgrade", *RESTORING}:
        raise UsageError(
            f"run {run.id} ({run.workflow}) is {run.state}: only a completed upgrade or rollback can be rolled back",
            key="run-not-completed", next=[f"orchestrate run {run.id}    how it stands", "orchestrate runs"],
        )  # fmt: skip
    return run


def _left_by_upgrade(site: Site, taken: datetime) -> Mapping[str, int]:
    """What the last upgrade counted at its end; empty where it ended before then, or another database was put in place since."""
    for run in site.store.journal.runs(site.key):
        if run.state == RunState.COMPLETED and run.workflow in {"upgrade", *RESTORING}:
            if run.workflow != "upgrade" or run.ended is None or run.ended < taken:
                return {}
            steps = site.store.journal.load(run.id).steps
            return next((step.facts.get("rows", {}) for step in steps if step.name == "mark-good"), {})
    return {}


def _folders(site: Site, since: datetime | None) -> tuple[str, ...]:
    """The copies of folders that starts have deleted since then."""
    return tuple(kept.name for kept in site.host.home.kept_folders() if since is not None and kept.since >= since)


def completed(site: Site, plan: RollbackPlan, run: RunRecord) -> RollbackPlan:
    """The plan of a run; one of version 0.1.0, which pins no folders, with those that are to come back.

    Not where that version began the start: the release already runs without them.
    """
    start = run.step(f"{plan.hop.prefix}.{START}")
    if run.workflow != "rollback" or "folders" in run.plan or (start.attempt and "lacking" not in start.intent):
        return plan
    since = plan.point.taken if plan.point else _left(site, plan.target) if plan.without_database else None
    return replace(plan, folders=_folders(site, since))


def _left(site: Site, version: str) -> datetime | None:
    """When the run began that last led away from a frontend; None where the ledger tells of none."""
    entries = site.ledger.entries(kind="component-version", component=Component.FRONTEND.value)
    away = [entry for entry in entries if entry.from_version and same(entry.from_version, version)]
    if not away:
        return None
    run = site.store.journal.load(away[-1].run) if away[-1].run else None
    return run.created if run else away[-1].time


def _together(site: Site, version: str, active: Mapping[Component, str]) -> dict[Component, str]:
    """The versions that were active together with a frontend when it last ran, by the ledger; else only that frontend."""
    ends = [
        entry.time
        for entry in site.ledger.entries(kind="component-version", component=Component.FRONTEND.value)
        if entry.from_version and same(entry.from_version, version)
    ]
    if not ends:
        return {Component.FRONTEND: version}
    found = components_at(site, ends[-1] - timedelta(microseconds=1))  # entries of one transaction have one time
    return {**{c: v for c, v in found.items() if c in active}, Component.FRONTEND: version}


def _known(found: Candidate, active: Mapping[Component, str]) -> dict[Component, str]:
    return {component: version for component, version in found.components.items() if component in active}


def _dumps(site: Site, release: str) -> list[Candidate]:
    return [one for one in candidates(site) if one.point.backup and same(one.release, release)]


def _median(site: Site, part: str, *, kept: bool | None = None) -> float | None:
    """Seconds that the steps of that name took in earlier runs; kept: only those that put a kept database back, or none."""
    seconds = []
    for short in site.store.journal.runs(site.key, limit=10):
        if short.state != RunState.COMPLETED:
            continue
        if kept is not None and bool((short.plan.get("point") or {}).get("kept")) is not kept:
            continue
        steps = site.store.journal.load(short.id).steps
        seconds += [s.seconds for s in steps if part_of(s.name) == part and s.state == StepState.DONE and s.seconds is not None]
    return statistics.median(seconds) if seconds else None


def _columns(tables: Mapping[str, object]) -> dict[str, set[str]]:
    return {table.lower(): {str(c).lower() for c in columns} for table, columns in tables.items() if isinstance(columns, list)}


def _gap(wanted: Mapping[str, set[str]], there: Mapping[str, set[str]]) -> list[str]:
    """Tables, and columns of common tables, that are wanted and not there."""
    tables = sorted(set(wanted) - set(there))
    columns = [f"{t}.{c}" for t in sorted(set(wanted) & set(there)) for c in sorted(wanted[t] - there[t])]
    return [*tables, *columns]
