"""From a bare server to a running, verified OpenEMM (guide 3, 4, 5, 9.1, 9.7, 10, 12), as a resumable run."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.installation import InstallPlan
from workflows.model.step import Step
from workflows.steps.application.admin_password import AdminPassword
from workflows.steps.application.basic_configuration import BasicConfiguration
from workflows.steps.application.home import HomeFiles
from workflows.steps.application.https import HttpsConnector
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.services import HoldServices, StartServices
from workflows.steps.application.start import StartFrontend
from workflows.steps.application.unit import StartupUnit
from workflows.steps.application.verify import VerifyHop
from workflows.steps.database.configuration import DatabaseConfiguration
from workflows.steps.database.schema import CreateSchema
from workflows.steps.database.software import DatabaseSoftware
from workflows.steps.database.user import DatabaseAndUser
from workflows.steps.machine.account import OpenemmAccount
from workflows.steps.machine.firewall import OpenFirewall
from workflows.steps.machine.java import Java
from workflows.steps.machine.limits import KernelLimits
from workflows.steps.machine.logging import Logging
from workflows.steps.machine.logrotate import LogRotation
from workflows.steps.machine.os_packages import OperatingSystemPackages
from workflows.steps.machine.python import Python
from workflows.steps.machine.site_file import SiteFile
from workflows.steps.machine.tomcat import Tomcat
from workflows.steps.machine.wkhtmltox import Wkhtmltox
from workflows.steps.mail.server import MailServer
from workflows.steps.release.activate import ActivateRelease, InstallRuntime
from workflows.steps.release.packages import FetchPackages, StagePackages
from workflows.steps.release.record import RecordVersions
from workflows.steps.setup import SetupStep


def steps(plan: InstallPlan) -> Iterator[Step]:
    """The steps, in order. A part of the host that is right already is a step that says so."""
    yield from _host(plan)
    yield from _release(plan)
    yield from _data(plan)
    yield from _start(plan)


def setup_steps(plan: InstallPlan) -> list[SetupStep]:
    """Those that look at a part of the host, in order."""
    return [step for step in steps(plan) if isinstance(step, SetupStep)]


def _host(plan: InstallPlan) -> Iterator[Step]:
    """The operating system and what it offers."""
    yield SiteFile(plan)
    yield OperatingSystemPackages(plan)
    yield OpenemmAccount(plan)
    yield KernelLimits(plan)
    yield Logging(plan)
    yield OpenFirewall(plan)
    yield Java(plan)
    yield Python(plan)
    yield Tomcat(plan)
    yield Wkhtmltox(plan)
    yield DatabaseSoftware(plan)
    yield DatabaseConfiguration(plan)


def _release(plan: InstallPlan) -> Iterator[Step]:
    """OpenEMM's own packages, and the home around them."""
    if not plan.present:
        yield FetchPackages((plan.hop,))
        yield StagePackages((plan.hop,))
        yield InstallRuntime(plan.hop)
    yield HomeFiles(plan)
    yield HttpsConnector(plan)
    if not plan.present:
        yield ActivateRelease(plan.hop)
    yield MailServer(plan)  # its maps and the filter's socket lie in the home


def _data(plan: InstallPlan) -> Iterator[Step]:
    """The database and what stands in it."""
    yield DatabaseAndUser(plan)
    yield CreateSchema(plan)
    yield BasicConfiguration(plan)
    yield AdminPassword(plan)


def _start(plan: InstallPlan) -> Iterator[Step]:
    """The first start, proven; a boot before that starts nothing."""
    if plan.starts:
        yield HoldServices(plan.hop)
    yield StartupUnit(plan)
    yield LogRotation(plan)
    if plan.starts:
        yield StartFrontend(plan.hop, plan.start_timeout)
        yield ProveMigrations(plan.hop, plan.start_timeout, plan.migrate_timeout)
        yield StartServices(plan.hop)
        yield VerifyHop(plan.hop, plan.start_timeout)
    if not plan.present:
        yield RecordVersions(plan.hop, {})
