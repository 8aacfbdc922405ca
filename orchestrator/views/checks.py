"""Run the checks of a site, and tell what they found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workflows.checks import upgrade
from workflows.checks.check import checks_in, run_all
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding, Severity

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.upkeep.fixing import Fixed
    from workflows.model.plans import UpgradePlan


def keys() -> frozenset[str]:
    """Of all checks."""
    return frozenset(check.subject.key for check in checks_in(upgrade))


@dataclass(frozen=True)
class Found:
    """What a check found."""

    key: str
    severity: Severity
    title: str
    measured: str
    why: str
    fix: str
    source: str
    """Where the guide says so; empty where it does not."""
    fixable: bool
    """--fix can do it."""

    @classmethod
    def of(cls, finding: Finding) -> Found:
        """The finding as it is told."""
        return cls(
            finding.key, finding.severity, finding.title, finding.measured, finding.why, finding.fix, finding.source,
            fixable=finding.remedy is not None,
        )  # fmt: skip


@dataclass(frozen=True)
class Mended:
    """What --fix has done."""

    key: str
    does: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @classmethod
    def of(cls, fixed: Fixed) -> Mended:
        """The remedy as it is told."""
        return cls(fixed.key, fixed.says, fixed.before, fixed.after)


@dataclass(frozen=True, kw_only=True)
class Check:
    """What would stop an upgrade, or is not as it should be."""

    schema: Literal["orchestrate.check/1"] = "orchestrate.check/1"
    stopped: bool
    """A check would stop an upgrade."""
    findings: tuple[Found, ...]
    fixed: tuple[Mended, ...]


def run_checks(site: Site, plan: UpgradePlan | None) -> list[Finding]:
    """What must hold before the plan may start; without a plan, what can be said of the host as it is."""
    return run_all(checks_in(upgrade), Journey(site.host, plan))


def found(findings: Iterable[Finding]) -> tuple[Found, ...]:
    """The findings as they are told."""
    return tuple(map(Found.of, findings))


def stopped(findings: Iterable[Found]) -> bool:
    """Whether one of them stops what was to be done."""
    return any(one.severity is Severity.INHIBITOR for one in findings)
