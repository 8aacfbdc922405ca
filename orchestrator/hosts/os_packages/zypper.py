"""zypper (SLES)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lxml import etree

from orchestrator.command import CommandError, Result, run, tail
from orchestrator.hosts.os_packages.common import ASK_SECONDS, CHANGE_SECONDS, is_file
from orchestrator.hosts.os_packages.rpm import RPM_LOCKS, Rpm
from workflows.host.os_packages import Transaction

_NOTHING_FOUND = 104
_NO_REPOSITORIES = 6
_DONE = (0, 100, 101, 102, 103)  # done; updates, a reboot or a restart of zypper itself are needed


class Zypper(Rpm):
    """zypper."""

    name = "zypper"
    lock_files = (*RPM_LOCKS, "run/zypp.pid", "var/run/zypp.pid")
    ask, update = "zypper refresh", "zypper update"

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        """The first of each that it finds in a repository, which is the newest."""
        found: dict[str, str] = {}
        for package in packages:
            said = self._asked([*self._zypper, "search", "-s", "--match-exact", package], expect=(0, _NOTHING_FOUND))
            for item in _elements(said, "solvable"):
                if item.get("kind") == "package" and item.get("repository") != "(System Packages)":
                    found.setdefault(package, item.get("edition", ""))
        return found

    def repositories(self) -> Sequence[str]:
        """Their aliases."""
        said = self._asked([*self._zypper, "repos"], expect=(0, _NO_REPOSITORIES))
        return [item.get("alias", "") for item in _elements(said, "repo") if item.get("enabled") == "1"]

    def refresh(self) -> None:
        """Into its cache."""
        self._asked([*self._zypper, "refresh"])

    def pending(self) -> int:
        """By list-updates."""
        said = self._asked([*self._zypper, "list-updates"])
        return len(_elements(said, "update"))

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """By its dry run."""
        args = [*self._zypper, "install", "--dry-run", *_unsigned(packages), *packages]
        said = run(args, timeout=ASK_SECONDS, expect=None)
        if said.exit_code not in _DONE:
            raise self.not_installed(packages, CommandError("", command="zypper install", detail=_said(said)))
        return Transaction(_names(said, "to-install"), _names(said, "to-upgrade", "to-downgrade"), _names(said, "to-remove"))

    def _change(self, args: Sequence[str]) -> Result:
        return run(args, timeout=CHANGE_SECONDS, expect=_DONE, env={"ZYPP_LOCK_TIMEOUT": str(int(self._wait))})

    def _install(self, packages: Sequence[str]) -> Sequence[str]:
        return ["zypper", "--non-interactive", *self._options, "install", *_unsigned(packages), *packages]

    @property
    def _zypper(self) -> list[str]:
        return ["zypper", "--non-interactive", "--xmlout", *self._options]


def _unsigned(packages: Sequence[str]) -> list[str]:
    """A file is taken unsigned: who names it vouches for it."""
    return ["--allow-unsigned-rpm"] if any(map(is_file, packages)) else []


def _elements(said: Result, tag: str) -> list[etree._Element]:
    """All with that name in what it printed; its document ends too early when it stopped."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(said.stdout.encode(), parser) if said.stdout.strip() else None
    return [] if root is None else list(root.iter(tag))


def _names(said: Result, *tags: str) -> tuple[str, ...]:
    found = {item.get("name", "") for tag in tags for part in _elements(said, tag) for item in part.iter("solvable")}
    return tuple(sorted(found))


def _said(said: Result) -> list[str]:
    """Its messages without the markup around them."""
    lines = [text for tag in ("message", "description") for item in _elements(said, tag) if (text := (item.text or "").strip())]
    return lines or tail(said.stderr or said.stdout)
