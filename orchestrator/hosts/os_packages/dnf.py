"""dnf, or yum where there is no dnf (RHEL and CentOS 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.command import CommandError, run, tail
from orchestrator.hosts.os_packages.common import ASK_SECONDS, WAIT_SECONDS, listed
from orchestrator.hosts.os_packages.rpm import RPM_LOCKS, Rpm
from workflows.host.os_packages import Transaction

_UPDATES = 100  # exit code: there are some
_NONE = ("No matching", "no matching")
_SECTIONS = {  # of its table -> what becomes of the packages there; dnf's words, and yum's
    "Installing": "added", "Installing dependencies": "added", "Installing for dependencies": "added",
    "Installing weak dependencies": "added", "Installing group/module packages": "added",
    "Upgrading": "upgraded", "Updating": "upgraded", "Updating for dependencies": "upgraded", "Downgrading": "upgraded",
    "Removing": "removed", "Removing dependent packages": "removed", "Removing for dependencies": "removed",
}  # fmt: skip


class Dnf(Rpm):
    """dnf or yum."""

    name = "dnf"
    lock_files = (*RPM_LOCKS, "var/run/yum.pid", "var/lib/dnf/rpmdb_lock.pid", "var/cache/dnf/metadata_lock.pid")
    ask, update = "dnf repolist", "dnf upgrade"

    def __init__(
        self, program: str = "dnf", *, options: Sequence[str] = (), root: Path = Path("/"), wait: float = WAIT_SECONDS
    ) -> None:
        """Name the program; all else as every manager has it."""
        super().__init__(options=options, root=root, wait=wait)
        self.name = program
        self.ask, self.update = f"{program} repolist", f"{program} upgrade"

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        """What it lists: what is available stands after what is installed, and is the newer one."""
        names = list(packages)
        words = self._list(names)
        found = {words[at].rpartition(".")[0]: words[at + 1] for at in range(0, len(words) - 2, 3)}
        return {name: found[name] for name in names if name in found}

    def _list(self, names: Sequence[str]) -> Sequence[str]:
        """Name, version and repository of each, which it breaks into several lines when they are long."""
        if not names:
            return ()
        said = self._asked([self.name, *self._options, "-q", "list", *names], expect=(0, 1))
        if said.exit_code and not any(word in said.stderr + said.stdout for word in _NONE):
            raise self.unreachable(CommandError("", command=self.name, detail=tail(said.stderr, 10)))
        lines = [line for line in said.stdout.splitlines() if not line.rstrip().endswith(" Packages")]
        return " ".join(lines).split()

    def repositories(self) -> Sequence[str]:
        """Their ids, without what yum appends: base/7/x86_64."""
        said = self._asked([self.name, *self._options, "-q", "repolist"])
        lines = said.stdout.splitlines()
        begin = next((at for at, line in enumerate(lines) if line.startswith("repo id")), len(lines))
        words = [line.split()[0].lstrip("!*") for line in lines[begin + 1 :] if line.strip() and not line.startswith("repolist:")]
        return [word.partition("/")[0] for word in words]

    def refresh(self) -> None:
        """Into its cache."""
        self._asked([self.name, *self._options, "-q", "makecache"])

    def pending(self) -> int:
        """By check-update, whose lines of three words are the updates; obsoletes follow under a heading."""
        said = self._asked([self.name, *self._options, "-q", "check-update"], expect=(0, _UPDATES))
        lines = said.stdout.partition("Obsoleting Packages")[0].splitlines()
        return sum(len(line.split()) == 3 for line in lines) if said.exit_code == _UPDATES else 0  # noqa: PLR2004

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """From the table it shows before it asks, where a name has one blank before it, and what is wrapped has many."""
        said = run([self.name, *self._options, "--assumeno", "install", *packages], timeout=ASK_SECONDS, expect=None)
        found: dict[str, list[str]] = {"added": [], "upgraded": [], "removed": []}
        section = ""
        for line in said.stdout.splitlines():
            if line.endswith(":"):
                section = _SECTIONS.get(line.rstrip(":"), "")
            elif line.startswith("Transaction Summary"):
                return Transaction(**{name: tuple(sorted(set(names))) for name, names in found.items()})
            elif section and line.startswith(" ") and not line.startswith("  "):
                found[section].append(line.split()[0])
        if said.exit_code == 0:
            return Transaction()  # nothing to do
        raise self.not_installed(packages, CommandError(
            f"cannot install {listed(packages)}", command=f"{self.name} install", detail=tail(said.stderr or said.stdout)
        ))  # fmt: skip

    def _install(self, packages: Sequence[str]) -> Sequence[str]:
        return [self.name, *self._options, "-y", "install", *packages]
