"""What dnf and zypper have in common: the database of rpm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.command import CommandError, run
from orchestrator.hosts.os_packages.common import Manager, file_unreadable

RPM_LOCKS = ("var/lib/rpm/.rpm.lock", "usr/lib/sysimage/rpm/.rpm.lock")
_FORMAT = "%{NAME} %{VERSION}-%{RELEASE}\\n"


class Rpm(Manager):
    """A manager of rpm's packages."""

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """By rpm, under another name too: MariaDB-server stands for mariadb-server. What is not there is no error."""
        found = {}
        for package in packages:
            said = run([*self._rpm, "-q", "--queryformat", _FORMAT, "--whatprovides", package], timeout=60, expect=None)
            if said.exit_code == 0:
                lines = dict(line.split(" ", 1) for line in said.stdout.splitlines())
                found[package] = lines.get(package) or next(iter(lines.values()))
        return found

    def describe(self, file: str) -> tuple[str, str]:
        """From its header."""
        try:
            said = run([*self._rpm, "-qp", "--nosignature", "--queryformat", _FORMAT, file], timeout=60)
        except CommandError as error:
            raise file_unreadable(file, error) from error
        name, _, version = said.stdout.strip().partition(" ")
        return name, version

    @property
    def _rpm(self) -> list[str]:
        return ["rpm"] if str(self._root) == "/" else ["rpm", "--root", str(self._root)]

    def _remove(self, packages: Sequence[str]) -> Sequence[str]:
        """By rpm, which refuses when something needs one of them, and needs no repository."""
        return [*self._rpm, "-e", *packages]
