"""A host that OpenEMM is installed on: the adapters put together. Each is made when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from workflows.host.mail import KeptFiles, Mail, Units
    from workflows.host.os_packages import PackageManager
    from workflows.host.server import DatabaseServer
    from workflows.host.software import Capabilities, Software
    from workflows.host.system import Accounts, Firewall, System, SystemFiles


class RealSetup:
    """As `workflows.host.setup.Setup` asks for it."""

    def __init__(self, settings: Settings, mail: Mail) -> None:
        """Name it; nothing is touched yet."""
        self._settings = settings
        self.mail = mail

    @cached_property
    def files(self) -> SystemFiles:
        """Files anywhere."""
        from orchestrator.hosts.files.files import RealFiles

        return RealFiles()

    @cached_property
    def kept(self) -> KeptFiles:
        """The register."""
        return self.mail.kept

    @cached_property
    def accounts(self) -> Accounts:
        """Users and groups."""
        from orchestrator.hosts.accounts.users import RealAccounts

        return RealAccounts()

    @cached_property
    def units(self) -> Units:
        """Systemd."""
        return self.mail.units

    @cached_property
    def system(self) -> System:
        """The rest of the computer."""
        from orchestrator.hosts.system.system import RealSystem

        return RealSystem()

    @cached_property
    def firewall(self) -> Firewall:
        """Firewalld."""
        from orchestrator.hosts.network.firewall import Firewalld

        return Firewalld()

    @cached_property
    def packages(self) -> PackageManager:
        """The distribution's package manager."""
        return self.mail.packages

    @cached_property
    def capabilities(self) -> Capabilities:
        """Which packages provide what."""
        from orchestrator.data.systems import RealCapabilities

        return RealCapabilities(self.system.distribution())

    @cached_property
    def software(self) -> Software:
        """Programs."""
        from orchestrator.hosts.software.software import RealSoftware

        return RealSoftware()

    @cached_property
    def server(self) -> DatabaseServer:
        """The database server."""
        from orchestrator.hosts.server.server import RealServer

        return RealServer(self._settings)
