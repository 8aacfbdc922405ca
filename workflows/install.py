"""From a bare server to a running, verified OpenEMM (guide 3, 4, 5, 9.1, 9.7, 10, 12), as a resumable run."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.setup.plan import InstallPlan
from workflows.step import Step
from workflows.steps.links import ActivateRelease
from workflows.steps.migrate import ProveMigrations, VerifyHop
from workflows.steps.packages import FetchPackages, StagePackages
from workflows.steps.record import RecordHop
from workflows.steps.runtime import InstallRuntime
from workflows.steps.setup.base import SetupStep
from workflows.steps.setup.services import HoldServices, StartServices
from workflows.steps.setup.site_file import SiteFile
from workflows.steps.start import StartFrontend


def steps(plan: InstallPlan) -> Iterator[Step]:
    """The steps, in order. A part of the host that is right already is a step that says so."""
    hop = plan.hop
    yield SiteFile(plan)
    if not plan.present:
        yield FetchPackages((hop,))
        yield StagePackages((hop,))  # beside whatever is there; the links follow when all else is ready
        yield InstallRuntime(hop)
        yield ActivateRelease(hop)
    if plan.starts:
        yield HoldServices(hop)  # a boot from here on starts nothing that is not proven yet
        yield StartFrontend(hop, plan.start_timeout)
        yield ProveMigrations(hop, plan.start_timeout, plan.migrate_timeout)
        yield StartServices(hop)
        yield VerifyHop(hop, plan.start_timeout)
    if not plan.present:
        yield RecordHop(hop, {})


def setup_steps(plan: InstallPlan) -> list[SetupStep]:
    """Those that look at a part of the host, in order."""
    return [step for step in steps(plan) if isinstance(step, SetupStep)]
