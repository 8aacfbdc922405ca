"""What this host is called, who listens on it, and what the name service says of it (guide 3.9, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Listener:
    """A process that listens on a port, and on which of its addresses. pid and program: None where they cannot be told."""

    pid: int | None
    program: str | None
    addresses: tuple[str, ...] = ()


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


class Firewall(Protocol):
    """firewalld; a host without it is fine, and said."""

    def running(self) -> bool:
        """Whether there is one that runs."""

    def zone(self) -> str:
        """The active zone of this host's interfaces, else the default one."""

    def ports(self) -> Sequence[str]:
        """What is open for good in that zone: 25/tcp."""

    def lets_in(self, port: int) -> bool | None:
        """Whether a TCP port is open, now and for good; None where there is no firewall that runs."""

    def forwards(self) -> Sequence[str]:
        """What is forwarded for good in that zone: port=80:proto=tcp:toport=8080."""

    def add(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """Open and forward, for good and at once."""

    def remove(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """Take back, for good and at once."""


class Network(Protocol):
    """This host among others."""

    @property
    def firewall(self) -> Firewall:
        """Firewalld."""

    def full_name(self) -> str | None:
        """The host's FQDN; None when it has none."""

    def names(self, resolver: str | None) -> Names:
        """The name service of this host, or the one at an address."""

    def outgoing(self) -> str | None:
        """The address of this host that packets to the outside leave from; None without a way there."""

    def listeners(self, port: int) -> Sequence[Listener]:
        """Who listens on a TCP port of this host."""

    def greeting(self, port: int, timeout: float) -> str | None:
        """The first line a mail server says on a port of 127.0.0.1; None when none came in time."""
