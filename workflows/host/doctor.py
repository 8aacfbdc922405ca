"""What the doctor may ask of a host beyond host.py and mta_host.py: what keeps mail from leaving it (guide 6.1, facts 10).

Sizes are bytes, times aware UTC, paths absolute. Every method may raise a WorkflowError with a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows.host import Host
from workflows.host.mail import Mail, Mta
from workflows.host.remedies import Remedies


@dataclass(frozen=True)
class UnitStory:
    """How a unit of systemd came to be what it is.

    state: active, inactive, failed, ... started, ended: when it last became active, and ceased to be; None: not since the boot.
    """

    exists: bool
    enabled: bool = False
    state: str = "inactive"
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class Selinux:
    """now: enforcing, permissive or disabled. at_boot: what it will be after the next boot; None: not told."""

    now: str
    at_boot: str | None


@dataclass(frozen=True)
class Space:
    """A file system. device: tells one from another."""

    device: int
    free: int
    total: int
    inodes_free: int
    inodes: int
    read_only: bool


@dataclass(frozen=True)
class MailLog:
    """The mail log. path: where OpenEMM reads it. exists: and can be read by us. other: another log there is in its place.

    lines: the last ones, oldest first, as they are.
    """

    path: str
    exists: bool
    mode: int = 0
    other: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A row of job_queue_tbl that is to run."""

    description: str
    running: bool
    result: str | None
    started: datetime | None
    due: datetime | None


@dataclass(frozen=True)
class Stalled:
    """A mailing that should be on its way. planned: when it was to begin, or last moved."""

    mailing: int
    what: str
    since: datetime


@dataclass(frozen=True)
class DkimKey:
    """A key of dkim_key_tbl that is valid now. kind: rsa or ed25519; public: the value of p= that belongs to it.

    problem: why there is none. The private key itself never leaves the adapter.
    """

    domain: str
    selector: str
    kind: str = ""
    public: str | None = None
    problem: str | None = None


class Names(Protocol):
    """The name service. Every method: empty when there is no such record.

    Raises:
        WorkflowError: "dns-unreachable", it cannot be asked.
    """

    def addresses(self, name: str) -> Sequence[str]:
        """A and AAAA."""

    def reverse(self, address: str) -> Sequence[str]:
        """PTR, without the last dot."""

    def texts(self, name: str) -> Sequence[str]:
        """TXT, the strings of each joined."""

    def exchangers(self, name: str) -> Sequence[str]:
        """MX, the most wanted first, without the last dot."""


class Vitals(Protocol):
    """What the doctor measures."""

    def names(self, resolver: str | None) -> Names:
        """The name service of this host, or the one at an address."""

    def systemd(self) -> bool:
        """Whether systemd runs this host."""

    def unit(self, name: str) -> UnitStory:
        """A unit."""

    def processes(self, programs: Sequence[str]) -> Sequence[int]:
        """The pids of this host's processes with one of these program names."""

    def listening(self, port: int) -> Sequence[str]:
        """The local addresses on which somebody listens on that TCP port."""

    def firewall(self, port: int) -> bool | None:
        """Whether firewalld lets that TCP port in; None where it does not run."""

    def selinux(self) -> Selinux:
        """SELinux."""

    def outgoing(self) -> str | None:
        """The address of this host that packets to the outside leave from; None without a way there."""

    def space(self, path: str) -> Space:
        """The file system that a path is on, or would be."""

    def missing_queue_folders(self, mta: Mta) -> Sequence[str]:
        """The folders that are not there without which that mail server can take or send no mail."""

    def mail_log(self) -> MailLog:
        """The mail log."""

    def services(self) -> Mapping[str, str]:
        """The backend's services and their states, as its own script tells them (facts 11); empty where it tells nothing."""

    def jobs(self) -> Sequence[Job]:
        """OpenEMM's jobs."""

    def stalled(self) -> Sequence[Stalled]:
        """Mailings that were to be generated, or are being generated, and no longer move (facts 7.1)."""

    def clock_ahead(self) -> float:
        """Seconds that the database's clock is ahead of this host's."""

    def dkim_keys(self) -> Sequence[DkimKey] | None:
        """The keys mails are signed with; None: this release has no table of keys."""


class DoctorHost(Host, Protocol):
    """A host that can be examined and mended."""

    @property
    def mail(self) -> Mail:
        """Its mail servers."""

    @property
    def vitals(self) -> Vitals:
        """What the doctor measures."""

    @property
    def remedies(self) -> Remedies:
        """What --fix does."""
