"""A restart with the gate before it and the proof behind it."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.plans import UpgradePlan
from workflows.model.step import Step
from workflows.steps.application.first_start import first_start
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.stop import StopApplication


def steps(plan: UpgradePlan) -> Iterator[Step]:
    """The steps of a restart: its plan has one hop from a version to itself, without packages."""
    for hop in plan.hops:
        yield WaitForDispatch(hop, plan.gate)
        yield StopApplication(hop, hold=False)  # what is active may run: a boot in between is only another start
        yield from first_start(hop)
        yield StartFrontend(hop, plan.start_timeout)
        yield ProveMigrations(hop, plan.start_timeout, plan.migrate_timeout)
        yield StartBackend(hop)
