"""apt (Debian)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from orchestrator.command import CommandError, Result, run, tail
from orchestrator.hosts.os_packages import locks
from orchestrator.hosts.os_packages.common import ASK_SECONDS, CHANGE_SECONDS, Manager, file_unreadable
from workflows.host.os_packages import Transaction

KEEP_DPKG = ("--force-confdef", "--force-confold")
KEEP = tuple(word for option in KEEP_DPKG for word in ("-o", f"Dpkg::Options::={option}"))
ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "SUDO_FORCE_REMOVE": "yes",  # it is removed only where it was not there before, with or without a password of root's
}
_CAME_BETWEEN = "was locked by another process"
_PLANNED = re.compile(r"^(Inst|Remv) (\S+)( \[)?", re.MULTILINE)


class Apt(Manager):
    """apt. Debian's two mail servers cannot be installed side by side; then `missing` names the target."""

    name = "apt"
    lock_files = ("var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock", "var/lib/apt/lists/lock", "var/cache/apt/archives/lock")
    ask, update = "apt-get update", "apt-get upgrade"

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """By dpkg; what is not there is no error."""
        found = {}
        for package in packages:
            query = ["dpkg-query", *self._dpkg_root, "-W", "-f", "${db:Status-Abbrev} ${Version}\\n", package]
            said = run(query, timeout=60, expect=None)
            if said.exit_code == 0 and said.stdout[1:2] == "i":
                found[package] = said.stdout.split()[1]
        return found

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those that cannot be installed without removing something."""
        lacking = []
        for package in packages:
            said = self._simulated([package])
            if said.exit_code or "\nRemv " in f"\n{said.stdout}":
                lacking.append(package)
        return lacking

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        """As its policy chooses them."""
        found = {}
        for package in packages:
            said = self._asked(["apt-cache", *self._options, "policy", package])
            match = re.search(r"^\s*Candidate: (\S+)$", said.stdout, re.MULTILINE)
            if match and match[1] != "(none)":
                found[package] = match[1]
        return found

    def repositories(self) -> Sequence[str]:
        """Release and component of each; a flat repository has a path instead."""
        form = "$(RELEASE)/$(COMPONENT)"
        said = self._asked(["apt-get", *self._options, "indextargets", "--format", form, "Created-By: Packages"])
        return [name.removesuffix("/$(COMPONENT)") for name in dict.fromkeys(said.stdout.split())]

    def refresh(self) -> None:
        """Its lists; one that cannot be had is an error, which apt itself only warns of."""
        self._asked(["apt-get", *self._options, *self._lock_timeout, "-q", "-o", "APT::Update::Error-Mode=any", "update"])

    def pending(self) -> int:
        """As an upgrade would install them."""
        said = self._asked(["apt-get", *self._options, "--simulate", "upgrade"])
        return sum(kind == "Inst" for kind, _, _ in _PLANNED.findall(said.stdout))

    def describe(self, file: str) -> tuple[str, str]:
        """From its control file."""
        try:
            name, version = (run(["dpkg-deb", "-f", file, field], timeout=60).stdout.strip() for field in ("Package", "Version"))
        except CommandError as error:
            raise file_unreadable(file, error) from error
        return name, version

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """By its simulation: what is there already has its version in brackets."""
        said = self._simulated(packages)
        if said.exit_code:
            raise self.not_installed(packages, CommandError("", command="apt-get install", detail=tail(said.stderr)))
        planned = _PLANNED.findall(said.stdout)
        return Transaction(
            added=tuple(sorted(name for kind, name, old in planned if kind == "Inst" and not old)),
            upgraded=tuple(sorted(name for kind, name, old in planned if kind == "Inst" and old)),
            removed=tuple(sorted(name for kind, name, _ in planned if kind == "Remv")),
        )

    def _simulated(self, packages: Sequence[str]) -> Result:
        return run(["apt-get", *self._options, "--simulate", "install", *packages], timeout=ASK_SECONDS, expect=None)

    def _change(self, args: Sequence[str], expect: Sequence[int] = (0,)) -> Result:
        """By dpkg or apt; dpkg waits for nobody, and is run again when another one came between."""
        while True:
            try:
                return run(args, timeout=CHANGE_SECONDS, env=ENVIRONMENT, expect=expect)
            except CommandError as error:
                if not any(_CAME_BETWEEN in line for line in error.detail):
                    raise
                locks.wait(self._locks, self._wait)

    def _install(self, packages: Sequence[str]) -> Sequence[str]:
        """Never at the price of another package; files of its configuration that somebody edited stay."""
        return ["apt-get", *self._options, *self._lock_timeout, *KEEP, "-y", "--no-remove", "install", *packages]

    def _mend(self) -> None:
        """Configure what was unpacked; apt completes what lacks something that was not, and is told what was half unpacked."""
        self._change(["dpkg", *self._dpkg_root, *KEEP_DPKG, "--configure", "-a"], expect=(0, 1))
        if run(["dpkg", *self._dpkg_root, "--audit"], timeout=ASK_SECONDS).stdout.strip():
            half = self._half_unpacked()
            how = ["-y", "--no-remove", "--fix-broken", "--reinstall"]
            self._change(["apt-get", *self._options, *self._lock_timeout, *KEEP, *how, "install", *half])

    def remove(self, packages: Sequence[str]) -> None:
        """What was cut off half unpacked is completed first: dpkg does not know all its files, and refuses to remove it."""
        if set(packages) & set(self._half_unpacked()):
            locks.wait(self._locks, self._wait)
            with suppress(CommandError):  # then dpkg says below which it refuses
                self._mend()
        super().remove(packages)

    def _present(self, packages: Sequence[str]) -> Sequence[str]:
        """In whatever state: a package that was never configured, or of which only the configuration is there."""
        there = {name for name, status, _ in self._states() if status != "not-installed"}
        return [name for name in packages if name in there]

    def _half_unpacked(self) -> list[str]:
        """Those that dpkg wants to be unpacked again, of all."""
        return [name for name, _, flag in self._states() if flag == "reinstreq"]

    def _states(self) -> list[list[str]]:
        """Name, status and error flag of all packages that dpkg knows."""
        query = ["dpkg-query", *self._dpkg_root, "-W", "-f", "${Package} ${db:Status-Status} ${db:Status-Eflag}\\n"]
        return [line.split() for line in run(query, timeout=60).stdout.splitlines()]

    def _remove(self, packages: Sequence[str]) -> Sequence[str]:
        """By dpkg, which removes nothing else. Their configuration goes along: over what is left of it none installs well again.

        Databases stay, which a package asks about before it removes them.
        """
        run(["dpkg", *self._dpkg_root, "--no-act", "--purge", *packages], timeout=ASK_SECONDS)  # refused, it would note the wish
        return ["dpkg", *self._dpkg_root, "--purge", *packages]

    @property
    def _lock_timeout(self) -> list[str]:
        return ["-o", f"DPkg::Lock::Timeout={int(self._wait)}"]

    @property
    def _dpkg_root(self) -> list[str]:
        return [] if str(self._root) == "/" else ["--root", str(self._root)]
