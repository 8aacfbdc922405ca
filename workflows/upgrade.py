"""The upgrade: each hop is backed up, updated, started once and proven before the next (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.plans import UpgradePlan
from workflows.model.step import Step
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.stop import StopApplication
from workflows.steps.application.verify import VerifyHop
from workflows.steps.database.backup import BackUpDatabase
from workflows.steps.database.update import UpdateDatabase
from workflows.steps.release.activate import ActivateRelease, InstallRuntime
from workflows.steps.release.carry import CarryValues
from workflows.steps.release.packages import FetchPackages, StagePackages
from workflows.steps.release.record import MarkGood, RecordVersions


def steps(plan: UpgradePlan) -> Iterator[Step]:
    """The steps of an upgrade, in order."""
    yield FetchPackages(plan.hops)
    yield StagePackages(plan.hops)
    for hop in plan.hops:
        yield WaitForDispatch(hop, plan.gate)
        yield StopApplication(hop)
        yield BackUpDatabase(hop)  # the restore point of this hop, proven
        yield InstallRuntime(hop)
        yield UpdateDatabase(hop)  # by statement, journaled
        yield CarryValues(hop)
        yield ActivateRelease(hop)  # every link, or none
        yield StartFrontend(hop, plan.start_timeout)  # an intermediate major really runs once
        yield ProveMigrations(hop, plan.start_timeout, plan.migrate_timeout)
        yield VerifyHop(hop, plan.start_timeout)
        if hop.final or hop.rules.backend_at_start:
            yield StartBackend(hop)
        yield RecordVersions(hop, plan.before)
    yield MarkGood()
