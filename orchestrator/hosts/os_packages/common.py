"""What all package managers have in common: they wait for each other, are run to their end, and are held to their word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.command import CommandError, Result, run
from orchestrator.hosts.os_packages import locks
from workflows.host.os_packages import Transaction
from workflows.model.errors import WorkflowError

ASK_SECONDS = 900.0
CHANGE_SECONDS = 7200.0  # a package manager that is killed leaves a broken system behind
WAIT_SECONDS = 600.0


class Manager:
    """A package manager. options: for its program; root: another root folder, for tests and images."""

    name: str
    ask: str
    update: str
    lock_files: Sequence[str]

    def __init__(self, *, options: Sequence[str] = (), root: Path = Path("/"), wait: float = WAIT_SECONDS) -> None:
        """Name it; wait: seconds for another one to come to its end."""
        self._options = tuple(options)
        self._root = root
        self._wait = wait

    # --- what each does its own way ---

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        """Versions by name."""
        raise NotImplementedError

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        """Versions by name."""
        raise NotImplementedError

    def describe(self, file: str) -> tuple[str, str]:
        """Name and version."""
        raise NotImplementedError

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """By its dry run."""
        raise NotImplementedError

    def _install(self, packages: Sequence[str]) -> Sequence[str]:
        raise NotImplementedError

    def _remove(self, packages: Sequence[str]) -> Sequence[str]:
        raise NotImplementedError

    def _mend(self) -> None:
        """Bring an installation to its end that was cut off, before anything else is changed."""

    def _present(self, packages: Sequence[str]) -> Sequence[str]:
        """Those of which something is there, be it half."""
        there = self.installed(packages)
        return [name for name in packages if name in there]

    # --- the rest ---

    def missing(self, packages: Iterable[str]) -> Sequence[str]:
        """Those without a candidate."""
        names = list(packages)
        found = self.candidates(names)
        return [name for name in names if name not in found]

    def holder(self) -> str | None:
        """By its lock files."""
        return locks.told(locks.holder(self._locks))

    def wait(self) -> None:
        """By its lock files."""
        locks.wait(self._locks, self._wait)

    def mend(self) -> None:
        """When nobody else is changing packages any more."""
        self.wait()
        try:
            self._mend()
        except CommandError as error:
            raise self.not_installed(["what was cut off before"], error) from error

    def install(self, packages: Sequence[str]) -> None:
        """With what they need; yum ends with 0 although it did not know one of them, so it is asked afterwards."""
        locks.wait(self._locks, self._wait)
        try:
            self._mend()
            self._change(self._install(packages))
        except CommandError as error:
            raise self.not_installed(packages, error) from error
        names = [self.describe(package)[0] if is_file(package) else package for package in packages]
        there = self.installed(names)
        if lacking := [name for name in names if name not in there]:
            raise self.not_installed(lacking, CommandError("it ended without an error and without them", command=self.name))

    def remove(self, packages: Sequence[str]) -> None:
        """What is not there any more is no error."""
        names = self._present(packages)
        if not names:
            return
        locks.wait(self._locks, self._wait)
        try:
            self._change(self._remove(names))
        except CommandError as error:
            raise WorkflowError(
                f"cannot remove {listed(names)}", key="packages-not-removed", command=error.command, detail=error.detail,
                unharmed=[f"{', '.join(names)}: still installed"],
                next=["orchestrate abort    again, once what needs them is gone, or they may stay"],
            ) from error  # fmt: skip

    @property
    def _locks(self) -> Sequence[Path]:
        return [self._root / file for file in self.lock_files]

    def _change(self, args: Sequence[str]) -> Result:
        return run(args, timeout=CHANGE_SECONDS)

    def not_installed(self, packages: Sequence[str], error: CommandError) -> WorkflowError:
        """The error for packages that could not be installed."""
        return WorkflowError(
            f"cannot install {listed(packages)}", key="packages-not-installed", command=error.command,
            detail=error.detail or [error.message],
            next=["orchestrate resume    once that is solved", "orchestrate abort    take the run back"],
        )  # fmt: skip

    def unreachable(self, error: CommandError) -> WorkflowError:
        """The error for repositories that do not answer."""
        return WorkflowError(
            f"cannot ask the package repositories through {self.name}", key="repository-unreachable", command=error.command,
            detail=error.detail, unharmed=["no package was installed or removed"],
            next=[f"{self.ask}    which one does not answer"],
        )  # fmt: skip

    def _asked(self, args: Sequence[str], *, expect: Sequence[int] = (0,), env: Mapping[str, str] | None = None) -> Result:
        try:
            return run(args, timeout=ASK_SECONDS, expect=expect, env=env)
        except CommandError as error:
            raise self.unreachable(error) from error


def is_file(package: str) -> bool:
    """Whether a package is meant by its file."""
    return package.startswith("/")


def listed(packages: Sequence[str]) -> str:
    """The first few, for a message."""
    shown = ", ".join(packages[:4])
    return f"{shown} and {len(packages) - 4} more" if packages[4:] else shown


def file_unreadable(file: str, error: CommandError) -> WorkflowError:
    """The error for a file that is no package."""
    return WorkflowError(
        f"cannot read {file} as a package of this operating system", key="package-file-unreadable", command=error.command,
        detail=error.detail, next=[f"ls -lL {file}    is it there in full?"],
    )  # fmt: skip
