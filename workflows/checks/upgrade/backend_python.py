"""Whether this host's Python runs the backend: the release's own config.sh is asked, where it lies on this host (facts 24.1).

Where it does not yet, the check `requirements` goes by the versions that are known, and the run asks when it has unpacked it.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host import Host
from workflows.model.finding import Finding, Severity
from workflows.model.plans import Component, Hop, PackageKind, StagedTree
from workflows.model.version import Version
from workflows.rules.backend_python import fix, is_asked, told, unfit

SUBJECT = Subject(
    "backend-python",
    "the backend can import what it needs",
    "its services would end at their start, and no mail would leave",
    order=80,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Every backend that the plan starts, as far as it lies on this host; without a plan the active one."""
    host, plan = journey.host, journey.plan
    if plan is None:
        folder = host.home.active_folder(PackageKind.BACKEND)
        for tree in _backends(host):
            if tree.folder == folder:
                yield from _ask(host, tree, Severity.WARNING)
        return
    for hop in plan.hops:
        if (hop.final or hop.rules.backend_at_start) and (own := _tree(host, hop)):
            yield from _ask(host, own, Severity.INHIBITOR)


def _ask(host: Host, tree: StagedTree, severity: Severity) -> Iterator[Finding]:
    line = Version.parse(tree.version).line
    asked = host.software.backend_python(tree.folder, line) if is_asked(line) else None
    if asked is None:
        return
    if failures := unfit(line, asked):
        measured = f"{tree.version} with {told(asked, failures)}"
        active = host.home.active().get(Component.FRONTEND, tree.version)
        yield SUBJECT.but(source="facts 24.1").finds(severity, measured, fix(active, tree.version, failures))
    else:
        yield SUBJECT.fine(f"{tree.version} with Python {asked.version}")


def _backends(host: Host) -> list[StagedTree]:
    return [one.tree for one in host.home.installed() if one.tree.kind is PackageKind.BACKEND and not one.missing]


def _tree(host: Host, hop: Hop) -> StagedTree | None:
    """The hop's own backend; a package that holds all does not tell its version, which then is the newest of that line."""
    named = {ref.version for ref in hop.target.packages if ref.kind is PackageKind.BACKEND}
    line = Version.parse(hop.target.version).line
    fitting = [t for t in _backends(host) if (t.version in named if named else Version.parse(t.version).line == line)]
    return max(fitting, key=lambda tree: Version.parse(tree.version), default=None)
