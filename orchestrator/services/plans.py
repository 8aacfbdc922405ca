"""Every workflow with the type of its plan: how a run's plan becomes JSON and comes back, and which steps it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import TypeAdapter

from orchestrator.packages.catalogue import Catalogue
from workflows import convert, install, mta_switch, restart, rollback, switch, upgrade
from workflows.convert import ConversionPlan
from workflows.moves import RollbackPlan, SwitchPlan
from workflows.mta import MtaPlan
from workflows.plan import GateOptions, LineRules, UpgradePlan
from workflows.setup.plan import InstallPlan
from workflows.step import Step


class Plan(Protocol):
    """What the engine's surroundings need of any plan."""

    @property
    def source(self) -> str:
        """The version it starts from."""

    @property
    def target(self) -> str:
        """The version it leads to."""

    @property
    def gate(self) -> GateOptions:
        """How its gate waits."""


@dataclass(frozen=True)
class Workflow:
    """A workflow: the type of its plans, and what makes the steps of one."""

    plan: type[Any]
    steps: Callable[[Any], Iterable[Step]]


WORKFLOWS: Mapping[str, Workflow] = {
    "upgrade": Workflow(UpgradePlan, upgrade.steps),
    "restart": Workflow(UpgradePlan, restart.steps),
    "switch": Workflow(SwitchPlan, switch.steps),
    "rollback": Workflow(RollbackPlan, rollback.steps),
    "mta-switch": Workflow(MtaPlan, mta_switch.steps),
    "restore": Workflow(RollbackPlan, rollback.steps),
    "convert": Workflow(ConversionPlan, convert.steps),
    "install": Workflow(InstallPlan, install.steps),
}


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as it is persisted with its run."""
    return dict(TypeAdapter(type(plan)).dump_python(plan, mode="json"))


def plan_from_json(workflow: str, data: Mapping[str, Any]) -> Plan:
    """The plan of a run of that workflow again."""
    plan: Plan = TypeAdapter(WORKFLOWS[workflow].plan).validate_python(dict(data))
    return _with_moves(plan) if isinstance(plan, UpgradePlan) else plan


def _with_moves(plan: UpgradePlan) -> UpgradePlan:
    """A plan that 0.1.0 pinned knows that values move, and not which: that is as it always was, and the catalogue knows it."""

    def known(rules: LineRules) -> LineRules:
        if rules.moves is None and "config-values" in rules.migrates:
            return replace(rules, moves=Catalogue.load().rules(rules.line).moves)
        return rules

    return replace(plan, hops=tuple(replace(hop, rules=known(hop.rules)) for hop in plan.hops))


def steps_of(workflow: str, plan: Plan) -> list[Step]:
    """The steps of a workflow's run."""
    return list(WORKFLOWS[workflow].steps(plan))
