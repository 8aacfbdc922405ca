"""This host among others (workflows.host.network.Network)."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from orchestrator.hosts.network import host_name
from orchestrator.hosts.network.firewall import Firewalld
from workflows.host.network import Firewall, Listener, Names

PROC = Path("/proc")
LISTEN = "0A"
ELSEWHERE = "192.0.2.1"  # an address that nobody has (RFC 5737); nothing is sent there


class RealNetwork:
    """The network of this host."""

    @cached_property
    def firewall(self) -> Firewall:
        """Firewalld."""
        return Firewalld()

    def full_name(self) -> str | None:
        """As the resolver says."""
        return host_name.full_name()

    def names(self, resolver: str | None) -> Names:
        """Over DNS alone."""
        from orchestrator.hosts.network.names import DnsNames

        return DnsNames(resolver)

    def outgoing(self) -> str | None:
        """As the kernel would choose it; connecting a datagram socket sends nothing."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((ELSEWHERE, 9))
            except OSError:
                return None
            return str(probe.getsockname()[0])

    def listeners(self, port: int) -> Sequence[Listener]:
        """Of this network namespace, by /proc."""
        addresses = _listening(port)
        owners = _owners(addresses)
        found = [Listener(pid, _program(pid), _sorted(addresses[one] for one in sockets)) for pid, sockets in owners.items()]
        if unknown := set(addresses).difference(*owners.values()):
            found.append(Listener(None, None, _sorted(addresses[one] for one in unknown)))
        return sorted(found, key=lambda one: one.pid or 0)

    def greeting(self, port: int, timeout: float) -> str | None:
        """Whoever it is takes it for a mail server's client that says QUIT."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
                connection.settimeout(timeout)
                line = connection.makefile("rb").readline(1000)
                connection.sendall(b"QUIT\r\n")
                return line.decode("utf-8", "replace").strip() or None
        except OSError:
            return None


def _listening(port: int) -> dict[str, str]:
    """The sockets that listen on a TCP port: as /proc/PID/fd calls them -> their address."""
    found = {}
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.is_file() else ():
            fields = line.split()
            address, _, number = fields[1].rpartition(":")
            if fields[3] == LISTEN and int(number, 16) == port:
                found[f"socket:[{fields[9]}]"] = _address(address)
    return found


def _owners(sockets: Iterable[str]) -> dict[int, set[str]]:
    """The processes that have one of these sockets open, as far as they may be seen."""
    wanted = set(sockets)
    found: dict[int, set[str]] = defaultdict(set)
    for entry in PROC.iterdir() if wanted else ():
        if not entry.name.isdecimal():
            continue
        try:
            if open_here := wanted.intersection(str(link.readlink()) for link in (entry / "fd").iterdir()):
                found[int(entry.name)] |= open_here
        except OSError:  # it ended meanwhile, or is none of ours
            continue
    return found


def _program(pid: int) -> str:
    """Empty when it ended or may not be seen."""
    try:
        return str((PROC / str(pid) / "exe").readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""


def _sorted(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(addresses)))


def _address(text: str) -> str:
    """An address of /proc/net: words of 32 bits, each in the host's order."""
    words = [int(text[n : n + 8], 16) for n in range(0, len(text), 8)]
    return str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words)))
