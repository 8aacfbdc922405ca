"""A real OpenEMM host: the adapters put together. Each is made when it is first used, so a command loads what it needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.hosts.database.database import RealDatabase
    from orchestrator.settings import Settings
    from workflows.host import Application, Home, Machine, Packages
    from workflows.host.backups import Backups
    from workflows.host.doctor import Vitals
    from workflows.host.formats import TableFormats
    from workflows.host.mail import Mail
    from workflows.host.remedies import Remedies
    from workflows.host.setup import Setup


class RealHost:
    """One OpenEMM host, as `workflows.host.Host` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name it; nothing is touched yet."""
        self.settings = settings
        self.name = settings.name
        self.home_path = str(settings.home)
        self.backups_path = str(settings.backups)
        self.scratch_path = str(settings.scratch)

    @cached_property
    def home(self) -> Home:
        """Folders and links."""
        from orchestrator.hosts.home.home import RealHome

        return RealHome(self.settings)

    @cached_property
    def packages(self) -> Packages:
        """The site's package source."""
        from orchestrator.releases.site import SitePackages

        return SitePackages(self.settings)

    @cached_property
    def database(self) -> RealDatabase:
        """OpenEMM's database."""
        from orchestrator.hosts.database.database import RealDatabase

        return RealDatabase(self.settings)

    @cached_property
    def backups(self) -> Backups:
        """Restore points."""
        from orchestrator.hosts.backups.backups import RealBackups

        return RealBackups(self.settings)

    @cached_property
    def application(self) -> Application:
        """OpenEMM's processes."""
        from orchestrator.hosts.application.application import RealApplication

        return RealApplication(self.settings)

    @cached_property
    def machine(self) -> Machine:
        """The computer."""
        from orchestrator.hosts.system.machine import RealMachine

        return RealMachine(self.settings)

    @cached_property
    def mail(self) -> Mail:
        """Its mail servers."""
        from orchestrator.hosts.mail.mail import RealMail

        return RealMail(self.settings)

    @cached_property
    def setup(self) -> Setup:
        """What an installation may ask of it."""
        from orchestrator.hosts.setup import RealSetup

        return RealSetup(self.settings, self.mail)

    @cached_property
    def formats(self) -> TableFormats:
        """The row formats of OpenEMM's tables."""
        from orchestrator.hosts.database.formats import RealTableFormats

        return RealTableFormats(self.settings)

    @cached_property
    def vitals(self) -> Vitals:
        """What the doctor measures."""
        from orchestrator.hosts.system.vitals import RealVitals

        return RealVitals(self.settings)

    @cached_property
    def remedies(self) -> Remedies:
        """What --fix does."""
        from orchestrator.hosts.files.remedies import RealRemedies

        return RealRemedies(self.settings)


def open_host(settings: Settings) -> RealHost:
    """The host of these settings; nothing is touched yet."""
    return RealHost(settings)
