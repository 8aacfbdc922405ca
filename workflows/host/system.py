"""The computer that OpenEMM runs on, and its operating system (guide 3.1 to 3.3, facts 10)."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Family(enum.StrEnum):
    """Distributions that are alike."""

    RHEL = "rhel"
    SUSE = "suse"
    DEBIAN = "debian"


@dataclass(frozen=True)
class Distribution:
    """As /etc/os-release says, and what is known of it. id: rhel, centos, rocky, sles, debian, ...

    family: None when it is none that we know. supported: its packages are known; file: the data file that says it, of an unknown
    version the nearest one. cron: the unit. mail_log: where mail is logged to as the distribution comes.
    """

    id: str
    version: str
    family: Family | None
    name: str
    supported: bool = False
    file: str = ""
    cron: str = "cron.service"
    mail_log: str = "/var/log/maillog"

    @property
    def major(self) -> str:
        """The version up to its first dot."""
        return self.version.partition(".")[0]


@dataclass(frozen=True)
class Selinux:
    """now: enforcing, permissive, disabled or absent. at_boot: what it will be after the next boot; None: not told."""

    now: str
    at_boot: str | None = None


@dataclass(frozen=True)
class Space:
    """A file system. device: tells one from another; free: for others than root."""

    device: int
    free: int
    total: int
    inodes_free: int
    inodes: int
    read_only: bool


class System(Protocol):
    """The computer."""

    def now(self) -> datetime:
        """UTC."""

    def local_time(self) -> datetime:
        """Aware, in the host's zone; maintenance windows are told in it."""

    def distribution(self) -> Distribution:
        """Which it is."""

    def facts(self) -> Mapping[str, str]:
        """What is known of the machine, keyed: os, python, java, tomcat, mta. What is not known is left out."""

    def memory(self) -> int:
        """Bytes of main memory."""

    def space(self, path: str) -> Space:
        """The file system that a path is on, or would be."""

    def selinux(self) -> Selinux:
        """SELinux."""

    def open_files(self, user: str) -> tuple[int, int]:
        """Soft and hard limit of open files that a fresh login session of a user gets; of one that is not there, of any."""

    def processes(self, programs: Sequence[str]) -> Sequence[int]:
        """The pids of this host's processes with one of these program names."""

    def process_user(self, pid: int) -> str | None:
        """Whose process it is; None when it ended."""

    def verify_logrotate(self, text: str) -> Sequence[str]:
        """What logrotate's dry run says against a file of this text, a line each; empty too where there is no logrotate."""

    def verify_rsyslog(self, files: Mapping[str, str]) -> Sequence[str]:
        """What rsyslogd says against its configuration with these texts at these paths, a line each; nothing is put in place."""
