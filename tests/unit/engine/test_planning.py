"""What a plan says before anything is fetched or asked of the user."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.plans.upgrade import make_plan
from orchestrator.plans.workflows import plan_from_json, plan_to_json
from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, GateOptions, PackageKind, PackageRef

SOURCE, TARGET = "21.04.000.118", "21.10.000.108"
KINDS = (PackageKind.RUNTIME, PackageKind.GUI, PackageKind.STATISTICS, PackageKind.WEBSERVICES, PackageKind.BACKEND,
         PackageKind.MANUAL)  # fmt: skip


def site(versions: Callable[[], frozenset[str]]) -> Any:
    packages = [PackageRef(f"openemm-{kind}-{TARGET}.tar.gz", kind, TARGET, f"https://x/{kind}") for kind in KINDS]
    host = SimpleNamespace(
        home=SimpleNamespace(active=lambda: {Component.FRONTEND: SOURCE}),
        releases=SimpleNamespace(available=lambda: packages),
        database=SimpleNamespace(versions=versions),
    )
    return SimpleNamespace(host=host, settings=SimpleNamespace(start_timeout=1.0, migrate_timeout=1.0))


def unreachable() -> frozenset[str]:
    raise WorkflowError("cannot connect", key="database-down")


@pytest.mark.parametrize(
    ("versions", "repaired"),
    [
        (lambda: frozenset({"20.10.123"}), ["21.07.209"]),
        (lambda: frozenset({"20.10.123", "21.07.209"}), []),
        (unreachable, ["21.07.209"]),
    ],
)
def test_a_repair_is_planned_unless_the_database_has_its_update(
    versions: Callable[[], frozenset[str]], repaired: list[str]
) -> None:
    plan = make_plan(site(versions), "21.10", GateOptions())
    assert [repair.version for hop in plan.hops for repair in hop.rules.repairs] == repaired
    assert plan_from_json("upgrade", plan_to_json(plan)) == plan, "what is pinned with the run says the same"
