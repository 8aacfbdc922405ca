"""Find what a move needs on the host: complete trees of one version, and the Tomcat that the version wants. Plan a switch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from orchestrator.data.places import KINDS, LINKS
from orchestrator.plans.first_starts import with_first_start
from orchestrator.releases.catalogue import Catalogue
from orchestrator.tool import TOOL_VERSION
from workflows.host.home import InstalledTree
from workflows.model.errors import RefusedError, UsageError
from workflows.model.moves import SwitchPlan
from workflows.model.plans import Component, GateOptions, Hop, Link, PackageKind, Release, StagedTree
from workflows.model.version import Version
from workflows.rules.needs import meets
from workflows.rules.window import parse_window

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from workflows.host import Host

WITH_SCHEMA = (Component.FRONTEND, Component.BACKEND)
TOMCAT = "opt/tomcat"
NOTHING = "none"


def make_switch_plan(site: Site, component: Component, version: str, gate: GateOptions) -> SwitchPlan:
    """The plan that makes another version of a component the active one. Nothing to do when source and target are equal.

    Raises:
        UsageError: "version-not-installed" naming what is there, "version-malformed", "window-malformed".
        RefusedError: "switch-across-lines", "release-incomplete", "version-ambiguous", "tomcat-missing", "link-broken",
            "database-incomplete", "first-start-without-values".
    """
    wanted = Version.parse(version)
    if gate.window:
        parse_window(gate.window)
    host = site.host
    active = require_active(host)
    frontend = active[Component.FRONTEND]
    target = newest(host, component, wanted)
    if component in WITH_SCHEMA:
        _refuse_across_lines(component, Version.parse(frontend), target)
    runs_then = target if component is Component.FRONTEND else frontend
    source = active.get(component, NOTHING)
    trees = trees_for(host, {component: target})
    if same(source, target) and all(host.home.active_folder(tree.kind) == tree.folder for tree in trees):
        trees = ()
    if component is Component.FRONTEND:
        require_database(host, trees, target)
    hop = hop_to(frontend, runs_then, "switch")
    if trees and component is not Component.MANUAL:
        hop = with_first_start(host, hop, gui_of(trees))
    return SwitchPlan(
        source=source, target=target, component=component, hop=hop, trees=trees,
        links=tomcat_links(host, runs_then) if component is not Component.MANUAL else (),
        before={name.value: held for name, held in active.items()}, gate=gate,
        start_timeout=site.settings.start_timeout, migrate_timeout=site.settings.migrate_timeout, tool_version=TOOL_VERSION,
    )  # fmt: skip


def hop_to(source: str, target: str, name: str) -> Hop:
    """The hop whose frontend a move starts and proves."""
    return Hop(1, source, Release(target, ()), Catalogue.load().rules(Version.parse(target).line), final=True, name=name)


def require_active(host: Host) -> dict[Component, str]:
    """The active versions; a frontend or a runtime that cannot be told keeps anything from being moved.

    Raises:
        RefusedError: "link-broken" naming the link and where it leads, or "frontend-missing".
    """
    active = dict(host.home.active())
    for component, link in LINKS.items():
        if component in active or component in {Component.MANUAL, Component.BACKEND}:
            continue
        target = host.home.read_links([link])[0].target
        key, what = (
            ("link-broken", f"leads to {target}, which is not there in full") if target else ("link-missing", "is no link")
        )
        raise RefusedError(
            f"cannot tell which {component} is active: {host.home_path}/{link} {what}",
            key=key, unharmed=["nothing was changed"],
            next=[
                "orchestrate status                     what is on the host",
                f"ln -sfn RELEASE {host.home_path}/{link}    once it is clear which one ran",
            ],
        )  # fmt: skip
    return active


def versions_of(host: Host, component: Component) -> list[str]:
    """The versions of a component on the host, newest first; a frontend is one when its GUI is there."""
    first = KINDS[component][0]
    found = {one.tree.version for one in host.home.installed() if one.tree.kind is first}
    return sorted(found, key=_sortable, reverse=True)


def newest(host: Host, component: Component, wanted: Version) -> str:
    """The version on the host that was asked for, of a line the newest.

    Raises:
        UsageError: "version-not-installed", naming what is there.
    """
    there = versions_of(host, component)
    fit = [
        v for v in there if v[:1].isdigit() and (Version.parse(v).line == wanted.line if wanted.is_line else same(v, str(wanted)))
    ]
    if fit:
        return fit[0]
    raise UsageError(
        f"there is no {component} {wanted} on this host",
        key="version-not-installed", detail=[f"there is {component} {v}" for v in there] or [f"there is no {component} at all"],
        unharmed=["nothing was changed"],
        next=["orchestrate status    what is on the host", "orchestrate packages list    what an upgrade could bring"],
    )  # fmt: skip


def trees_for(host: Host, wanted: Mapping[Component, str]) -> tuple[StagedTree, ...]:
    """The trees of these versions, each seen to be there once and in full.

    Statistics or web services that this host does not have at all are not asked for.

    Raises:
        UsageError: "version-not-installed".
        RefusedError: "version-ambiguous", "release-incomplete".
    """
    installed = host.home.installed()
    found = []
    for component, version in wanted.items():
        for kind in KINDS[component]:
            of_kind = [one for one in installed if one.tree.kind is kind]
            fit = [one for one in of_kind if same(one.tree.version, version)]
            if not fit and kind in KINDS[Component.FRONTEND][1:] and not of_kind:
                continue
            found.append(_the_one(host, kind, version, fit, of_kind))
    return tuple(found)


def _the_one(
    host: Host, kind: PackageKind, version: str, fit: Sequence[InstalledTree], of_kind: Iterable[InstalledTree]
) -> StagedTree:
    where = f"{host.home_path}/"
    if len(fit) > 1:
        raise RefusedError(
            f"two releases of {kind} say that they are {version}; which one is meant cannot be told",
            key="version-ambiguous", detail=[where + one.tree.folder for one in fit], unharmed=["nothing was changed"],
            next=[f"mv {where}{fit[-1].tree.folder} /var/tmp/    the one that is not meant; then the same command again"],
        )  # fmt: skip
    if not fit:
        raise UsageError(
            f"there is no {kind} {version} on this host",
            key="version-not-installed", detail=[f"there is {kind} {one.tree.version}" for one in of_kind],
            unharmed=["nothing was changed"], next=["orchestrate status    what is on the host"],
        )  # fmt: skip
    if fit[0].missing:
        raise RefusedError(
            f"{kind} {version} is not there in full: {where}{fit[0].tree.folder} lacks {', '.join(fit[0].missing)}",
            key="release-incomplete", unharmed=["nothing was changed"],
            next=[f"ls -l {where}{fit[0].tree.folder}    unpack its package there again, then the same command"],
        )  # fmt: skip
    return fit[0].tree


def require_database(host: Host, trees: Sequence[StagedTree], version: str) -> None:
    """See that the present database has every update that a frontend needs.

    Raises:
        RefusedError: "database-incomplete".
    """
    folder = next((tree.folder for tree in trees if tree.kind is PackageKind.GUI), None)
    if folder is None:
        return
    rules = Catalogue.load().rules(Version.parse(version).line)
    missing = sorted(host.home.mandatory_versions(folder) - host.database.versions() - set(rules.exceptions))
    if missing:
        raise RefusedError(
            f"the database lacks {len(missing)} updates that {version} needs",
            key="database-incomplete", detail=missing[:25], unharmed=["nothing was changed"],
            next=[f"orchestrate upgrade --to {version}    brings them"],
        )  # fmt: skip


def tomcat_links(host: Host, frontend: str) -> tuple[Link, ...]:
    """What must be pointed so that opt/tomcat fits the frontend; empty when it does, or when there is no such link (facts 1.3).

    Raises:
        RefusedError: "tomcat-missing".
    """
    target = host.home.read_links([TOMCAT])[0].target
    if target is None:
        return ()
    there = host.home.tomcats()
    now = there.get(os.path.normpath(f"opt/{target}")) or host.system.facts().get("tomcat")
    needs = Catalogue.load().rules(Version.parse(frontend).line).needs
    fits = next((need.any_of for need in needs if need.name == "tomcat"), ())
    if now is None or not fits or meets(fits, now):
        return ()
    fit = [folder for folder, version in there.items() if meets(fits, version)]
    if not fit:
        raise RefusedError(
            f"{frontend} runs on Tomcat {' or '.join(fits)}, and opt/tomcat is {now}",
            key="tomcat-missing", detail=[f"there is {folder}" for folder in there], unharmed=["nothing was changed"],
            next=[f"unpack an Apache Tomcat {fits[0]} into {host.home_path}/opt, then the same command again"],
        )  # fmt: skip
    best = max(fit, key=lambda folder: [int(part) for part in there[folder].split(".")])
    return (Link(TOMCAT, best.removeprefix("opt/")),)


def same(one: str, other: str) -> bool:
    """Whether two texts are one version."""
    if one == other:
        return True
    return one[:1].isdigit() and other[:1].isdigit() and Version.parse(one) == Version.parse(other)


def _refuse_across_lines(component: Component, active: Version, target: str) -> None:
    wanted = Version.parse(target)
    if wanted.line == active.line:
        return
    older = wanted < active
    release = target if component is Component.FRONTEND else wanted.line  # a backend's number is no release's
    command = f"orchestrate {'rollback' if older else 'upgrade'} --to {release}"
    raise RefusedError(
        f"cannot switch the {component} from line {active.line} to {wanted.line}: the database has the schema of {active.line}, "
        "and code and schema must move together",
        key="switch-across-lines", unharmed=["nothing was changed"],
        next=[f"{command}    moves links and database together"],
    )  # fmt: skip


def gui_of(trees: Iterable[StagedTree]) -> str | None:
    """The folder of the GUI among these trees; None when it stays as it is."""
    return next((tree.folder for tree in trees if tree.kind is PackageKind.GUI), None)


def _sortable(version: str) -> tuple[bool, Version | str]:
    return (True, Version.parse(version)) if version[:1].isdigit() else (False, version)
