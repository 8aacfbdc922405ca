"""All hosts of one process, and the networks between them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.command import PATH, run
from tests.system.lab import leftovers
from tests.system.lab.bootstrap import DISTRIBUTION
from tests.system.lab.host import Host, Layers
from tests.system.lab.root import ready_root

TOOLS = {"mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container", "createrepo_c": "createrepo-c", "rpmbuild": "rpm",
         "zstd": "zstd", "ip": "iproute2", "nsenter": "util-linux"}  # fmt: skip
HOST_PYTHON = "3.11"  # Debian 12's; compiled packages of the virtual environment must fit it


def missing() -> str | None:
    """Why there can be no lab on this machine; None when there can."""
    if os.geteuid() != 0:
        return "not root"
    if packages := sorted({package for tool, package in TOOLS.items() if not shutil.which(tool, path=PATH)}):
        return f"not installed: {' '.join(packages)}"
    release = Path("/etc/os-release").read_text()
    python = ".".join(map(str, sys.version_info[:2]))
    trees = leftovers.hierarchies()
    reasons = {
        f"hosts are built from the machine's own package sources, which are not those of Debian {DISTRIBUTION}":
            f"VERSION_CODENAME={DISTRIBUTION}" not in release.splitlines(),
        f"the virtual environment is of Python {python}, a host has {HOST_PYTHON}": python != HOST_PYTHON,
        "no namespaces can be made here":
            run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], timeout=30, expect=None).exit_code != 0,
        "no cgroups can be made here": not trees or not all(os.access(tree, os.W_OK) for tree in trees),
    }  # fmt: skip
    return next((reason for reason, holds in reasons.items() if holds), None)


class Lab:
    """Makes hosts. What earlier labs left behind is taken away first; `close` takes away all that is this one's."""

    def __init__(self) -> None:
        """Make the root ready, which takes a minute or two when it was never built."""
        leftovers.clean()
        self.root = ready_root()
        self.folder = leftovers.own_folder()
        self._hosts: list[Host] = []
        self._made = 0
        self._networks = 0

    def host(self, layers: Layers | None = None) -> Host:
        """A new host, off: as the root is, or as another host was when `Host.snapshot` gave those layers."""
        self._made += 1
        short = f"h{self._made}"
        host = Host(self.folder / short, leftovers.name_of(self.folder) + short, short, layers or (self.root,))
        self._hosts.append(host)
        return host

    def alive(self) -> list[Host]:
        """The hosts that are on; the one made last when none is."""
        return [host for host in self._hosts if host.running] or self._hosts[-1:]

    def network(self, hosts: Sequence[Host]) -> None:
        """Join booted hosts by a bridge; they know each other by name. The bridge lies in a namespace of its own."""
        self._networks += 1
        space = f"{leftovers.name_of(self.folder)}net{self._networks}"
        _ip("netns", "add", space)
        _ip("-n", space, "link", "add", "bridge", "type", "bridge")
        _ip("-n", space, "link", "set", "bridge", "up")
        addresses = {f"10.99.{self._networks}.{n}": host for n, host in enumerate(hosts, start=1)}
        for address, host in addresses.items():
            card, port = f"eth{self._networks}", host.short_name
            _ip("link", "add", card, "netns", host.name, "type", "veth", "peer", "name", port, "netns", space)
            _ip("-n", space, "link", "set", port, "master", "bridge", "up")
            _ip("-n", host.name, "addr", "add", f"{address}/24", "dev", card)
            _ip("-n", host.name, "link", "set", card, "up")
        for host in hosts:
            host.know({address: [other.full_name, other.short_name] for address, other in addresses.items()})

    def close(self) -> None:
        """Take everything away."""
        for host in self._hosts:
            if host.running:
                host.power_cut()
        leftovers.remove_lab(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _ip(*args: str) -> None:
    run(["ip", *args], timeout=30)
