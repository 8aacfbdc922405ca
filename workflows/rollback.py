"""The rollback: links and database go back together, to versions that were proven together (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.moves import RollbackPlan
from workflows.model.step import Step
from workflows.steps.application.first_start import first_start
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.stop import StopApplication
from workflows.steps.application.verify import VerifyMove
from workflows.steps.database.restore import RestoreDatabase
from workflows.steps.release.activate import ActivateRelease
from workflows.steps.release.record import RecordVersions


def steps(plan: RollbackPlan) -> Iterator[Step]:
    """The steps of a rollback, in order; a `backup restore` is one to the version that is active."""
    yield WaitForDispatch(plan.hop, plan.gate)
    yield StopApplication(plan.hop)
    if plan.point is not None:
        yield RestoreDatabase(plan.hop, plan.point)  # beside, compared, swapped; what was there is kept
    yield from first_start(plan.hop)  # a line that the database was never started on stores its files' values, for good
    yield ActivateRelease(plan.hop, plan.trees, plan.links)  # every component together, or none
    yield StartFrontend(plan.hop, plan.start_timeout, plan.folders)
    yield ProveMigrations(plan.hop, plan.start_timeout, plan.migrate_timeout)
    yield VerifyMove(plan.hop, plan.start_timeout, plan)
    yield StartBackend(plan.hop)
    yield RecordVersions(plan.hop, plan.before, plan.trees, database=plan.point is not None)
