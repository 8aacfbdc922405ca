"""dnf or yum, zypper, apt: what is installed, what can be had, and installing it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.hosts.command import PATH, CommandError, run
from workflows.errors import WorkflowError

SECONDS = 900.0


class _Rpm:
    """What dnf and zypper have in common."""

    name: str

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """By rpm; a package that is not there is no error."""
        found = {}
        for package in packages:
            said = run(["rpm", "-q", "--queryformat", "%{VERSION}-%{RELEASE}", package], timeout=60, expect=None)
            if said.exit_code == 0:
                found[package] = said.stdout.strip()
        return found

    def remove(self, packages: Sequence[str]) -> None:
        """By rpm, which refuses when something needs one of them, and needs no repository."""
        run(["rpm", "-e", *packages], timeout=SECONDS)


class Dnf(_Rpm):
    """dnf, or yum where there is no dnf."""

    name = "dnf"

    def __init__(self, program: str = "dnf") -> None:
        self._program = program

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those no repository offers."""
        names = list(packages)
        try:
            said = run([self._program, "-q", "list", "--showduplicates", *names], timeout=SECONDS, expect=(0, 1))
        except CommandError as error:
            raise _unreachable(error) from error
        if said.exit_code and "No matching" not in said.stderr + said.stdout:
            raise _unreachable(CommandError("", command=self._program, detail=said.stderr.splitlines()[-10:]))
        listed = {line.partition(" ")[0].rpartition(".")[0] for line in said.stdout.splitlines()}
        return [name for name in names if name not in listed]

    def install(self, packages: Sequence[str]) -> None:
        """With what they need."""
        _install([self._program, "-y", "install", *packages])


class Zypper(_Rpm):
    """zypper."""

    name = "zypper"

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those no repository offers; 104: nothing found."""
        lacking = []
        for package in packages:
            try:
                said = run(["zypper", "--non-interactive", "--quiet", "search", "--match-exact", package], timeout=SECONDS,
                           expect=(0, 104))  # fmt: skip
            except CommandError as error:
                raise _unreachable(error) from error
            lacking += [package] if said.exit_code else []
        return lacking

    def install(self, packages: Sequence[str]) -> None:
        """With what they need."""
        _install(["zypper", "--non-interactive", "install", *packages])


class Apt:
    """apt. Debian's two mail servers cannot be installed side by side; then `missing` names the target."""

    name = "apt"

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """By dpkg."""
        found = {}
        for package in packages:
            said = run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", package], timeout=60, expect=None)
            if said.exit_code == 0 and said.stdout.startswith("ii"):
                found[package] = said.stdout.split()[-1]
        return found

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those that cannot be installed without removing something."""
        lacking = []
        for package in packages:
            said = run(["apt-get", "--simulate", "install", package], timeout=SECONDS, expect=None)
            if said.exit_code or any(line.startswith("Remv ") for line in said.stdout.splitlines()):
                lacking.append(package)
        return lacking

    def install(self, packages: Sequence[str]) -> None:
        """With what they need."""
        _install(["apt-get", "-y", "install", *packages], {"DEBIAN_FRONTEND": "noninteractive"})

    def remove(self, packages: Sequence[str]) -> None:
        """Exactly these."""
        run(["dpkg", "--remove", *packages], timeout=SECONDS)


def _install(args: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    try:
        run(args, timeout=SECONDS, env=env)
    except CommandError as error:
        raise WorkflowError(
            "cannot install the packages of the mail server", key="packages-not-installed", command=error.command,
            detail=error.detail, unharmed=["the mail server that runs, and its queue"],
            next=["orchestrate resume    once the repository answers", "orchestrate abort    take the run back"],
        ) from error  # fmt: skip


def _unreachable(error: CommandError) -> WorkflowError:
    return WorkflowError(
        "cannot ask the package repositories", key="repository-unreachable", command=error.command, detail=error.detail,
        next=["dnf repolist, or zypper refresh    which one does not answer"],
    )  # fmt: skip


def package_manager() -> Dnf | Zypper | Apt:
    """The one of this host.

    Raises:
        WorkflowError: "package-manager-missing".
    """
    for program, made in (("zypper", Zypper()), ("dnf", Dnf()), ("yum", Dnf("yum")), ("apt-get", Apt())):
        if shutil.which(program, path=PATH) and (program != "zypper" or not shutil.which("dnf", path=PATH)):
            return made
    raise WorkflowError("cannot find dnf, yum, zypper or apt-get", key="package-manager-missing")
