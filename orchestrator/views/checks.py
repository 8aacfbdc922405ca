"""Run the checks of a site."""

from __future__ import annotations

from orchestrator.runs.site import Site
from workflows.checks import upgrade
from workflows.checks.check import checks_in, run_all
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding
from workflows.model.plans import UpgradePlan


def keys() -> frozenset[str]:
    """Of all checks."""
    return frozenset(check.subject.key for check in checks_in(upgrade))


def run_checks(site: Site, plan: UpgradePlan | None) -> list[Finding]:
    """What must hold before the plan may start; without a plan, what can be said of the host as it is."""
    return run_all(checks_in(upgrade), Journey(site.host, plan))
