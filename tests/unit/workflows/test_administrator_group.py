"""The group whose name makes 24.10's migration file fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workflows.checks.upgrade.administrator_group import check
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Severity
from workflows.model.plans import Hop, LineRules, Release, UpgradePlan


def host(groups: int) -> Any:
    return SimpleNamespace(database=SimpleNamespace(groups_named=lambda name: groups if name == "Administrator" else 0))


def plan(*lines: str) -> UpgradePlan:
    hops = tuple(Hop(1, "24.04.000.086", Release(f"{line}.000.001", ()), LineRules(line), final=True) for line in lines)
    return UpgradePlan("24.04.000.086", lines[-1], hops)


@pytest.mark.parametrize(("groups", "severity"), [(1, Severity.INHIBITOR), (0, Severity.PASSED)])
def test_it_stops_a_plan_that_comes_to_24_10_until_the_group_is_renamed(groups: int, severity: Severity) -> None:
    (finding,) = check(Journey(host(groups), plan("24.10", "25.04")))
    assert finding.severity is severity


def test_other_plans_are_not_asked_about_it() -> None:
    assert not list(check(Journey(host(1), plan("23.10", "24.04"))))
    assert not list(check(Journey(host(1), None)))
