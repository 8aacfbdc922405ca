"""The contract: everything a workflow may ask of a host, a thing a file. Adapters in the rooms of orchestrator/hosts/ satisfy it.

Paths are absolute unless a module says otherwise. Sizes are bytes, durations seconds, times aware UTC. Every method may raise a
WorkflowError with a key of its own; none returns a code to be checked.
"""

from __future__ import annotations

from typing import Protocol

from workflows.host.accounts import Accounts
from workflows.host.application import Application
from workflows.host.backups import Backups
from workflows.host.database import Database
from workflows.host.files import Files, Register
from workflows.host.home import Home
from workflows.host.mail import Mail
from workflows.host.network import Network
from workflows.host.os_packages import Capabilities, PackageManager
from workflows.host.releases import Releases
from workflows.host.remedies import Remedies
from workflows.host.server import DatabaseServer
from workflows.host.software import Software
from workflows.host.system import System
from workflows.host.units import Units

__all__ = [
    "Accounts", "Application", "Backups", "Capabilities", "Database", "DatabaseServer", "Files", "Home", "Host", "Mail",
    "Network", "PackageManager", "Register", "Releases", "Remedies", "Software", "System", "Units",
]  # fmt: skip


class Host(Protocol):
    """One OpenEMM host, or one that is to become one."""

    name: str
    home_path: str
    backups_path: str
    scratch_path: str

    @property
    def files(self) -> Files:
        """Files anywhere."""

    @property
    def register(self) -> Register:
        """Files as they were before they were changed."""

    @property
    def system(self) -> System:
        """The computer and its operating system."""

    @property
    def units(self) -> Units:
        """Systemd."""

    @property
    def network(self) -> Network:
        """Names, ports and the firewall."""

    @property
    def accounts(self) -> Accounts:
        """Users and groups."""

    @property
    def os_packages(self) -> PackageManager:
        """dnf, yum, zypper or apt."""

    @property
    def capabilities(self) -> Capabilities:
        """Which of their packages provide what."""

    @property
    def software(self) -> Software:
        """Programs."""

    @property
    def home(self) -> Home:
        """Folders and links of OpenEMM."""

    @property
    def releases(self) -> Releases:
        """The site's package source."""

    @property
    def database(self) -> Database:
        """OpenEMM's database."""

    @property
    def server(self) -> DatabaseServer:
        """The database server, as its root."""

    @property
    def backups(self) -> Backups:
        """Restore points."""

    @property
    def application(self) -> Application:
        """OpenEMM's processes."""

    @property
    def mail(self) -> Mail:
        """The mail servers."""

    @property
    def remedies(self) -> Remedies:
        """What --fix does."""
