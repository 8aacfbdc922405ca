"""What an installation may ask of a host: the parts, put together."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from workflows.host.mail import KeptFiles, Mail, Units
from workflows.host.os_packages import PackageManager
from workflows.host.server import DatabaseServer
from workflows.host.software import Capabilities, Software
from workflows.host.system import Accounts, Firewall, System, SystemFiles


class Setup(Protocol):
    """A host that OpenEMM is installed on."""

    @property
    def files(self) -> SystemFiles:
        """Files anywhere."""

    @property
    def kept(self) -> KeptFiles:
        """The register: files as they were before they were changed."""

    @property
    def accounts(self) -> Accounts:
        """Users and groups."""

    @property
    def units(self) -> Units:
        """Systemd."""

    @property
    def system(self) -> System:
        """The rest of the computer."""

    @property
    def firewall(self) -> Firewall:
        """Firewalld."""

    @property
    def packages(self) -> PackageManager:
        """dnf, yum, zypper or apt."""

    @property
    def capabilities(self) -> Capabilities:
        """Which packages provide what."""

    @property
    def software(self) -> Software:
        """Programs."""

    @property
    def server(self) -> DatabaseServer:
        """The database server."""

    @property
    def mail(self) -> Mail:
        """The mail servers."""


@runtime_checkable
class HasSetup(Protocol):
    """A host that can be set up."""

    @property
    def setup(self) -> Setup:
        """What an installation may ask of it."""
