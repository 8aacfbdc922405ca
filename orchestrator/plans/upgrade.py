"""Make the plan of an upgrade from what runs, what the source offers and what the catalogue knows; keep it as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.plans.first_starts import with_first_start
from orchestrator.releases.catalogue import Catalogue
from orchestrator.releases.preview import update_versions
from orchestrator.runs.site import Site
from orchestrator.tool import TOOL_VERSION
from workflows.host import Host
from workflows.model.errors import WorkflowError
from workflows.model.machine import RunState, StepState
from workflows.model.plans import Component, GateOptions, Hop, LineRules, Release, UpgradePlan
from workflows.model.version import Version
from workflows.rules.path import group_releases, plan_path
from workflows.rules.window import parse_window


def make_plan(site: Site, target: str, gate: GateOptions) -> UpgradePlan:
    """The plan that leads from what is active to the target, a line (20.10) or one release of it.

    Raises:
        UsageError: the target cannot be meant.
        RefusedError: a line on the way has no complete release in the package source.
    """
    wanted = Version.parse(target)
    if gate.window:
        parse_window(gate.window)
    before = _active(site.host)
    packages = site.host.releases.available()
    catalogue = Catalogue.load()
    source = before[Component.FRONTEND]
    path = plan_path(Version.parse(source), wanted, group_releases(packages), catalogue.lines, packages)
    known = _versions(site.host) if path else None
    pending = _pending(known, [release for _, release in path])
    hops = tuple(
        Hop(
            number,
            left,
            release,
            _still_needed(catalogue.rules(Version.parse(release.version).line), known),
            final=number == len(path),
            updates=updates,
        )
        for number, ((left, release), updates) in enumerate(zip(path, pending, strict=True), start=1)
    )
    return _plan(site, before, hops, gate=gate, target=hops[-1].target.version if hops else source, serial=catalogue.serial)


def make_restart_plan(site: Site, gate: GateOptions) -> UpgradePlan:
    """The plan of a restart of what is active.

    Raises:
        RefusedError: "first-start-without-values".
    """
    before = _active(site.host)
    source = before[Component.FRONTEND]
    catalogue = Catalogue.load()
    hop = Hop(1, source, Release(source, ()), catalogue.rules(Version.parse(source).line), final=True, name="restart")
    hop = with_first_start(site.host, hop)
    return _plan(site, before, (hop,), gate=gate, target=source, serial=catalogue.serial)


def _active(host: Host) -> dict[Component, str]:
    active = dict(host.home.active())
    if Component.FRONTEND not in active:
        raise WorkflowError(
            f"cannot tell which release is active: {host.home_path}/webapps/emm leads to no web application",
            key="frontend-missing", next=["orchestrate status    what is there"],
        )  # fmt: skip
    return active


def _versions(host: Host) -> frozenset[str] | None:
    """Of the database; None when it cannot be asked, which is no reason to have no plan: the checks say so, and refuse."""
    try:
        return host.database.versions()
    except WorkflowError:
        return None


def _still_needed(rules: LineRules, known: frozenset[str] | None) -> LineRules:
    """Without the repairs before updates that the database has already."""
    return replace(rules, repairs=tuple(repair for repair in rules.repairs if repair.version not in (known or ())))


def _pending(known: frozenset[str] | None, releases: Sequence[Release]) -> list[int | None]:
    """How many database updates each hop will find missing, told by set difference; None where it cannot be told now."""
    if known is None:
        return [None] * len(releases)
    counts: list[int | None] = []
    for release in releases:
        updates = update_versions(release.packages)
        counts.append(None if updates is None else len(updates - known))
        known |= updates or frozenset()
    return counts


def _plan(
    site: Site, before: Mapping[Component, str], hops: tuple[Hop, ...], *, gate: GateOptions, target: str, serial: int
) -> UpgradePlan:
    return UpgradePlan(
        source=before[Component.FRONTEND],
        target=target,
        hops=hops,
        before={component.value: version for component, version in before.items()},
        gate=gate,
        start_timeout=site.settings.start_timeout,
        migrate_timeout=site.settings.migrate_timeout,
        catalogue_serial=serial,
        tool_version=TOOL_VERSION,
        source_rules=_source_rules(before[Component.FRONTEND]),
    )


def _source_rules(version: str) -> LineRules | None:
    """What is known of the line that is left; None of a line that is not known."""
    catalogue, line = Catalogue.load(), Version.parse(version).line
    return catalogue.rules(line) if line in catalogue.lines else None


@dataclass(frozen=True)
class Estimate:
    """A row of the plan's table. Seconds, None where no earlier run tells."""

    step: str
    running: float | None
    downtime: float | None
    note: str


def estimate(site: Site, plan: UpgradePlan) -> list[Estimate]:
    """How long the parts of the plan took in earlier runs of this site: the median of each step."""
    seen = _medians(site)
    packages = {ref.file for hop in plan.hops for ref in hop.target.packages}
    rows = [
        Estimate("fetch and verify", seen.get("fetch"), None, f"{len(packages)} packages"),
        Estimate("stage", seen.get("stage"), None, "beside what is active"),
    ]
    for hop in plan.hops:
        parts = [seconds for name, seconds in seen.items() if name.startswith("hop.") and not name.endswith("wait-for-dispatch")]
        rows.append(
            Estimate(f"{hop.title} stop .. verify", None, sum(parts) if parts else None, "" if parts else "no earlier run")
        )
    return rows


def _medians(site: Site) -> dict[str, float]:
    """Seconds per step, whichever hop it was of, in completed runs."""
    seconds: dict[str, list[float]] = {}
    for run in site.store.journal.runs(site.key, limit=10):
        if run.workflow != "upgrade" or run.state != RunState.COMPLETED:
            continue
        for step in site.store.journal.load(run.id).steps:
            if step.state == StepState.DONE and step.seconds is not None:
                hop, _, part = step.name.partition(".")
                seconds.setdefault(f"hop.{part}" if part else hop, []).append(step.seconds)
    return {name: statistics.median(values) for name, values in seconds.items()}
