"""Every workflow with the type of its plan: how a run's plan becomes JSON and comes back, and which steps it has."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from orchestrator.releases.catalogue import Catalogue
from workflows import convert, install, mta_switch, restart, rollback, switch, upgrade
from workflows.convert import ConversionPlan
from workflows.model.installation import InstallPlan
from workflows.model.moves import RollbackPlan, SwitchPlan
from workflows.model.plans import GateOptions, UpgradePlan
from workflows.model.step import Step
from workflows.rules.mta import MtaPlan

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.journal import RunRecord

LATER_RULES = ("deletes", "moves", "repairs")  # what the plans of version 0.1.0 do not pin


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
    plan: Plan = TypeAdapter(WORKFLOWS[workflow].plan).validate_python(_completed(data))
    return plan


def plan_of(site: Site, record: RunRecord) -> Plan:
    """The plan of a run, whichever version of this tool pinned it."""
    plan = plan_from_json(record.workflow, record.plan)
    if isinstance(plan, RollbackPlan):
        from orchestrator.plans.rollback import completed

        return completed(site, plan, record)
    return plan


def _completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan of version 0.1.0 does not tell of a line is as it always was, and the catalogue knows it."""
    whole = copy.deepcopy(dict(data))
    for hop in (*whole.get("hops", ()), whole.get("hop")):
        if missing := [name for name in LATER_RULES if hop and name not in hop["rules"]]:
            known = Catalogue.load().rules(hop["rules"]["line"])
            hop["rules"] |= {name: getattr(known, name) for name in missing}
    return whole


def steps_of(workflow: str, plan: Plan) -> list[Step]:
    """The steps of a workflow's run."""
    return list(WORKFLOWS[workflow].steps(plan))
