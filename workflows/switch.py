"""The switch of one component within its release line: links and a restart (facts 1.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.moves import SwitchPlan
from workflows.model.step import Step
from workflows.steps.application.first_start import first_start
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.stop import StopApplication
from workflows.steps.application.verify import VerifyMove
from workflows.steps.release.activate import ActivateRelease
from workflows.steps.release.record import RecordVersions


def steps(plan: SwitchPlan) -> Iterator[Step]:
    """The steps of a switch, in order."""
    if plan.restarts:
        yield WaitForDispatch(plan.hop, plan.gate)
        yield StopApplication(plan.hop)
        yield from first_start(plan.hop)
    yield ActivateRelease(plan.hop, plan.trees, plan.links, plan.restarts)  # every link, or none; a runtime with the site's files
    if plan.restarts:
        yield StartFrontend(plan.hop, plan.start_timeout)
        yield ProveMigrations(plan.hop, plan.start_timeout, plan.migrate_timeout)
        yield VerifyMove(plan.hop, plan.start_timeout, plan)
        yield StartBackend(plan.hop)
    yield RecordVersions(plan.hop, plan.before, plan.trees, database=False)
