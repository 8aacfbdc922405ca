"""What an installation may ask of the operating system: files, accounts, the firewall, limits (guide 3.2, 3.3, 4, 9.1, 9.7)."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Family(enum.StrEnum):
    """Distributions that are alike."""

    RHEL = "rhel"
    SUSE = "suse"
    DEBIAN = "debian"


@dataclass(frozen=True)
class Distribution:
    """As /etc/os-release says. family: None when it is none that we know. id: rhel, centos, rocky, sles, debian, ..."""

    id: str
    version: str
    family: Family | None
    name: str

    @property
    def major(self) -> str:
        """The version up to its first dot."""
        return self.version.partition(".")[0]


class SystemFiles(Protocol):
    """Files anywhere on the host. Paths are absolute; owner is "user:group"."""

    def read(self, path: str) -> str | None:
        """The file's text; None when there is none."""

    def write(self, path: str, text: str, *, mode: int | None = None, owner: str | None = None) -> None:
        """Replace it by one rename; missing folders are made. None: as it was, else 0644 and root's."""

    def read_link(self, path: str) -> str | None:
        """Where a symbolic link points; None when it is no link."""

    def write_link(self, path: str, target: str) -> None:
        """Point a symbolic link, by rename of a prepared one."""

    def remove_link(self, path: str) -> None:
        """Remove a symbolic link; nothing when there is none."""

    def make_folder(self, path: str, *, mode: int = 0o755, owner: str | None = None) -> bool:
        """Make a folder; False when it was there, and then nothing of it is changed."""

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder; False when it is not empty or not there."""

    def mode(self, path: str) -> int | None:
        """The permission bits; None when nothing is there."""

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""

    def owner(self, path: str) -> str | None:
        """As "user:group", by number where a number has no name; None when nothing is there."""

    def set_owner(self, path: str, owner: str) -> None:
        """Give it to somebody; of a symbolic link, the link itself."""

    def listing(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; empty when there is none."""


class Accounts(Protocol):
    """Users and groups of the operating system."""

    def group(self, name: str) -> int | None:
        """Its number; None when there is none."""

    def user(self, name: str) -> tuple[int, str, str, str] | None:
        """Number, first group's name, home and shell; None when there is none."""

    def add_group(self, name: str, number: int | None = None) -> None:
        """Make it; nothing when it is there."""

    def add_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """Make it without a password, and its home as a new account gets it; what is there of both stays."""

    def change_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """Give an account another first group, home and shell; nothing is moved."""

    def remove_user(self, name: str, *, with_home: bool) -> None:
        """Remove it; nothing when there is none. Some distributions remove with it the group of its name."""

    def remove_group(self, name: str) -> None:
        """Remove it; nothing when there is none."""


class Firewall(Protocol):
    """firewalld; a host without it is fine, and said."""

    def running(self) -> bool:
        """Whether there is one that runs."""

    def zone(self) -> str:
        """The active zone of this host's interfaces, else the default one."""

    def ports(self) -> Sequence[str]:
        """What is open for good in that zone: 25/tcp."""

    def forwards(self) -> Sequence[str]:
        """What is forwarded for good in that zone: port=80:proto=tcp:toport=8080."""

    def add(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """Open and forward, for good and at once."""

    def remove(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """Take back, for good and at once."""


class System(Protocol):
    """The rest of the computer."""

    def distribution(self) -> Distribution:
        """Which it is."""

    def memory(self) -> int:
        """Bytes of main memory."""

    def free(self, path: str) -> int:
        """Bytes that are free where a path is, or will be."""

    def name(self) -> str | None:
        """The host's full name (FQDN); None when it has none."""

    def selinux(self) -> str:
        """enforcing, permissive, disabled, or absent."""

    def open_files(self, user: str) -> tuple[int, int]:
        """Soft and hard limit of open files that a fresh login session of a user gets; of one that is not there, of any."""

    def default_open_files(self) -> tuple[int, int] | None:
        """Soft and hard limit of open files that systemd gives a service; None where it does not run."""

    def process_user(self, pid: int) -> str | None:
        """Whose process it is; None when it ended."""

    def systemd(self) -> int:
        """Its version; 0 where it does not run."""

    def reload_units(self) -> None:
        """Let systemd read its unit files again."""

    def reload_needed(self, unit: str) -> bool:
        """Whether a unit file was changed since systemd read it."""

    def reexecute(self) -> None:
        """Let systemd read its own settings again."""

    def stale(self, unit: str, paths: Sequence[str]) -> bool:
        """Whether a service does not run, or runs since before one of these files became what it is."""

    def restart_unit(self, unit: str) -> None:
        """Restart a service whose configuration was changed.

        Raises:
            WorkflowError: "unit-not-started".
        """

    def verify_unit(self, name: str, text: str) -> Sequence[str]:
        """What systemd-analyze says against a unit of that name with this text, a line each; nothing is put in place."""

    def verify_logrotate(self, text: str) -> Sequence[str]:
        """What logrotate's dry run says against a file of this text, a line each; empty too where there is no logrotate."""

    def verify_rsyslog(self, files: Mapping[str, str]) -> Sequence[str]:
        """What rsyslogd says against its configuration with these texts at these paths, a line each; nothing is put in place."""
