"""A real OpenEMM host: the adapters put together. Each is made when it is first used, so a command loads what it needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.acting import guard

if TYPE_CHECKING:
    from orchestrator.hosts.database.database import RealDatabase
    from orchestrator.settings import Settings
    from workflows.host import (
        Accounts,
        Application,
        Backups,
        Capabilities,
        DatabaseServer,
        Files,
        Home,
        Mail,
        Network,
        PackageManager,
        Register,
        Releases,
        Remedies,
        Software,
        System,
        Units,
    )  # fmt: skip


class RealHost:
    """One OpenEMM host, as `workflows.host.Host` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name it; nothing is touched yet."""
        guard(settings.home, settings.user)
        self.settings = settings
        self.name = settings.name
        self.home_path = str(settings.home)
        self.backups_path = str(settings.backups)
        self.scratch_path = str(settings.scratch)

    @cached_property
    def files(self) -> Files:
        """Files anywhere."""
        from orchestrator.hosts.files.files import RealFiles

        return RealFiles()

    @cached_property
    def register(self) -> Register:
        """Files as they were before they were changed."""
        from orchestrator.hosts.files.register import ContentStore

        return ContentStore(self.settings.state / "mail/files")

    @cached_property
    def system(self) -> System:
        """The computer and its operating system."""
        from orchestrator.hosts.system.system import RealSystem

        return RealSystem(self.settings.home)

    @cached_property
    def units(self) -> Units:
        """Systemd."""
        from orchestrator.hosts.units.systemd import Systemd

        return Systemd()

    @cached_property
    def network(self) -> Network:
        """Names, ports and the firewall."""
        from orchestrator.hosts.network.network import RealNetwork

        return RealNetwork()

    @cached_property
    def accounts(self) -> Accounts:
        """Users and groups."""
        from orchestrator.hosts.accounts.users import RealAccounts

        return RealAccounts()

    @cached_property
    def os_packages(self) -> PackageManager:
        """The distribution's package manager."""
        from orchestrator.hosts.os_packages import package_manager

        return package_manager()

    @cached_property
    def capabilities(self) -> Capabilities:
        """Which packages provide what."""
        from orchestrator.hosts.os_packages.capabilities import RealCapabilities

        return RealCapabilities(self.system.distribution())

    @cached_property
    def software(self) -> Software:
        """Programs."""
        from orchestrator.hosts.software.software import RealSoftware

        return RealSoftware(self.settings.home, self.settings.user)

    @cached_property
    def home(self) -> Home:
        """Folders and links of OpenEMM."""
        from orchestrator.hosts.home.home import RealHome

        return RealHome(self.settings)

    @cached_property
    def releases(self) -> Releases:
        """The site's package source."""
        from orchestrator.releases.site import SitePackages

        return SitePackages(self.settings)

    @cached_property
    def database(self) -> RealDatabase:
        """OpenEMM's database."""
        from orchestrator.hosts.database.database import RealDatabase

        return RealDatabase(self.settings)

    @cached_property
    def server(self) -> DatabaseServer:
        """The database server, as its root."""
        from orchestrator.hosts.server.server import RealServer

        return RealServer(self.settings)

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
    def mail(self) -> Mail:
        """The mail servers."""
        from orchestrator.hosts.mail.mail import RealMail

        return RealMail(self.settings)

    @cached_property
    def remedies(self) -> Remedies:
        """What --fix does."""
        from orchestrator.hosts.remedies import RealRemedies

        return RealRemedies(self.settings)


def open_host(settings: Settings) -> RealHost:
    """The host of these settings; nothing is touched yet."""
    return RealHost(settings)
