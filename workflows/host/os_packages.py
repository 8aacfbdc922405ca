"""What a workflow may ask of the operating system's package manager: dnf or yum, zypper, apt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Transaction:
    """What installing packages would do, dependencies included; names. upgraded and removed: of what is installed now."""

    added: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class PackageManager(Protocol):
    """dnf or yum, zypper, apt. A package is meant by its name or, where it says so, by the absolute path of its file.

    ask, update: what an administrator runs to see which repository does not answer, and to bring the system up to date.
    """

    name: str
    ask: str
    update: str

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """The versions of those that are installed, or that something installed stands for."""

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those among them that no repository offers.

        Raises:
            WorkflowError: "repository-unreachable".
        """

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        """The versions a repository would give now; what none offers is left out.

        Raises:
            WorkflowError: "repository-unreachable".
        """

    def repositories(self) -> Sequence[str]:
        """The enabled ones, by the names that the manager itself gives them; apt: bookworm/main.

        Raises:
            WorkflowError: "repository-unreachable".
        """

    def refresh(self) -> None:
        """Fetch what the repositories offer now.

        Raises:
            WorkflowError: "repository-unreachable".
        """

    def pending(self) -> int:
        """How many installed packages the repositories have newer versions of.

        Raises:
            WorkflowError: "repository-unreachable".
        """

    def describe(self, file: str) -> tuple[str, str]:
        """Name and version of the package in a file.

        Raises:
            WorkflowError: "package-file-unreadable".
        """

    def holder(self) -> str | None:
        """Who is changing packages right now: "apt-get (pid 123)"; None when nobody is."""

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """What `install` would do; names or files. Changes nothing.

        Raises:
            WorkflowError: "packages-not-installed" when it cannot be done.
        """

    def wait(self) -> None:
        """Until nobody is changing packages any more: one that a killed run began goes on without it.

        Raises:
            WorkflowError: "package-manager-busy".
        """

    def mend(self) -> None:
        """Bring to its end what was cut off in the middle, whoever began it; nothing where nothing was.

        Raises:
            WorkflowError: "packages-not-installed", "package-manager-busy".
        """

    def install(self, packages: Sequence[str]) -> None:
        """Install them and what they need, names or files; waits for another package manager to come to its end.

        Raises:
            WorkflowError: "packages-not-installed", or "package-manager-busy" when the other one takes too long.
        """

    def remove(self, packages: Sequence[str]) -> None:
        """Remove exactly these, those that are there; waits as `install` does.

        Raises:
            WorkflowError: "packages-not-removed", when something else needs one of them; "package-manager-busy".
        """


@dataclass(frozen=True)
class Repository:
    """A repository or subscription that a distribution does not enable by itself (guide 3.3, 3.4).

    any_of: the names a package manager knows it by, with * for anything; enable: the command that enables it.
    """

    name: str
    any_of: tuple[str, ...]
    enable: str


@dataclass(frozen=True)
class Provided:
    """How a distribution provides a capability.

    packages: empty when it does not, and `note` says why. repository: what must be enabled for them, beside the distribution's
    own. version: of what it provides, as far as it is known beforehand. path: where that lies, when nobody would look there.
    """

    capability: str
    packages: tuple[str, ...]
    repository: Repository | None = None
    version: str = ""
    path: str = ""
    note: str = ""


class Capabilities(Protocol):
    """What is asked for are capabilities (java, mta-postfix, ...); a data file per distribution maps them to packages."""

    def supported(self) -> Sequence[str]:
        """The distributions whose packages are known, by the names people know them by."""

    def provided(self, capability: str) -> Provided:
        """How this host's distribution and version provide it.

        Raises:
            RefusedError: "distribution-unknown".
            WorkflowError: "capability-unknown".
        """
