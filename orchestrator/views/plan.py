"""What an upgrade would do, as it is told before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.plans.upgrade import Estimate
from orchestrator.views.checks import Found
from orchestrator.views.document import Count, optional
from workflows.model import plans as model
from workflows.model.plans import GateOptions


@dataclass(frozen=True)
class Package:
    """A package that a hop is made with."""

    file: str
    kind: str
    version: str


@dataclass(frozen=True)
class Hop:
    """One line further."""

    number: Count
    source: str
    target: str
    final: bool
    mail_flows: bool
    """At its end mail flows again; else the application is started once, and proven."""
    updates: Count | None
    """Of the database; null when not known."""
    repairs: tuple[str, ...]
    """What is mended in the database before an update of this hop that needs it."""
    packages: tuple[Package, ...]

    @classmethod
    def of(cls, hop: model.Hop) -> Hop:
        """The hop as it is told."""
        return cls(
            hop.number, hop.source, hop.target.version, hop.final, hop.final or hop.rules.backend_at_start, hop.updates,
            tuple(repair.said for repair in hop.rules.repairs),
            tuple(Package(ref.file, ref.kind.value, ref.version) for ref in hop.target.packages),
        )  # fmt: skip


@dataclass(frozen=True)
class Upgrade:
    """An upgrade, hop by hop."""

    source: str
    target: str
    before: Mapping[str, str]
    """Version by component."""
    hops: tuple[Hop, ...]
    gate: GateOptions
    estimates: tuple[Estimate, ...]

    @classmethod
    def of(cls, plan: model.UpgradePlan, estimates: Sequence[Estimate] = ()) -> Upgrade:
        """The plan as it is told. estimates: how long its parts took in earlier runs."""
        return cls(plan.source, plan.target, plan.before, tuple(map(Hop.of, plan.hops)), plan.gate, tuple(estimates))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an upgrade would do, and what stops it."""

    schema: Literal["orchestrate.plan/1"] = "orchestrate.plan/1"
    changed: Literal[False] = False
    plan: Upgrade
    findings: tuple[Found, ...]
    diagram: str | None = optional()
    """Mermaid, with --diagram."""
