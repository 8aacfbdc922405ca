"""Run the checks of a site."""

from __future__ import annotations

from orchestrator.runs.site import Site
from workflows.checks.upgrade import registry
from workflows.model.finding import Finding
from workflows.model.plans import UpgradePlan

KEYS = frozenset(registry.CHECKS)


def run_checks(site: Site, plan: UpgradePlan | None) -> list[Finding]:
    """What must hold before the plan may start; without a plan, what can be said of the host as it is."""
    return registry.run_checks(site.host, plan)
