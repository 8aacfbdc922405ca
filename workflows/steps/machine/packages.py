"""Packages of the operating system that a step brings, and that its undo takes away again: those it added, no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from workflows.host import Host
from workflows.host.os_packages import PackageManager, Provided, Repository
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.step import Context


def lacking(host: Host, capability: str) -> list[str]:
    """The packages of a capability that are not installed."""
    names = host.capabilities.provided(capability).packages
    there = host.os_packages.installed(names)
    return [name for name in names if name not in there]


def require_obtainable(host: Host, capabilities: Iterable[str]) -> None:
    """See that what is not installed of them can be had from the repositories that are enabled.

    Raises:
        RefusedError: "capability-not-offered" by this distribution, "repository-missing" naming it, or "package-not-found".
        WorkflowError: "repository-unreachable".
    """
    provided = [host.capabilities.provided(capability) for capability in capabilities]
    if lost := next((one for one in provided if one.note and not one.packages), None):
        raise RefusedError(
            f"cannot install {lost.capability}: {lost.note}", key="capability-not-offered",
            unharmed=["no package was installed"],
            next=["orchestrate abort    takes the run back, where one is open; then the same command with another answer"],
        )  # fmt: skip
    wanted = [name for one in provided for name in lacking(host, one.capability)]
    if set(wanted) - set(host.os_packages.candidates(wanted)):
        host.os_packages.refresh()
    offered = host.os_packages.candidates(wanted)
    for one in provided:
        if absent := [name for name in one.packages if name in wanted and name not in offered]:
            raise _not_to_be_had(host.os_packages, one, absent)


def add(ctx: Context, host: Host, capabilities: Sequence[str]) -> None:
    """Install what is not installed of them; what comes with it is remembered before.

    Raises:
        RefusedError: as `require_obtainable`; "packages-would-go" when others would have to be removed.
        WorkflowError: what the package manager says.
    """
    wanted = list(dict.fromkeys(name for capability in capabilities for name in lacking(host, capability)))
    if wanted:
        require_obtainable(host, capabilities)
        install(ctx, host, wanted)


def install(ctx: Context, host: Host, packages: Sequence[str]) -> None:
    """Install packages by name or file, remembering beforehand what will be added.

    Raises:
        RefusedError: "packages-would-go".
        WorkflowError: what the package manager says.
    """
    planned = host.os_packages.transaction(packages)
    if planned.removed:
        raise RefusedError(
            f"cannot install {', '.join(packages)}: {', '.join(planned.removed)} would have to be removed for it",
            key="packages-would-go", unharmed=["no package was installed or removed"],
            next=["orchestrate resume    once it is removed, when nobody needs it"],
        )  # fmt: skip
    ctx.remember(added=sorted({*ctx.intent.get("added", ()), *planned.added}))
    if planned.upgraded:
        ctx.note("packages that were there are brought up to date with those that need it", upgraded=list(planned.upgraded))
    holder = host.os_packages.holder()
    ctx.report(f"waits for {holder}" if holder else f"installs {len(planned.added)} packages")
    host.os_packages.install(packages)


def take_back(ctx: Context, host: Host) -> None:
    """Remove what `add` and `install` added, as far as it is still there.

    Raises:
        WorkflowError: "packages-not-removed", when something else has come to need one of them.
    """
    if added := ctx.intent.get("added"):
        host.os_packages.remove(added)


def _not_to_be_had(manager: PackageManager, provided: Provided, absent: Sequence[str]) -> WorkflowError:
    enabled = manager.repositories()
    names = ", ".join(absent)
    repository = provided.repository
    if repository and not _is_enabled(repository, enabled):
        return RefusedError(
            f"cannot install {names}: the repository {repository.name} that has it is not enabled", key="repository-missing",
            detail=[f"enabled: {', '.join(enabled) or 'none'}", f"looked for: {', '.join(repository.any_of)}"],
            unharmed=["no package was installed"], next=[repository.enable, "orchestrate resume"],
        )  # fmt: skip
    return RefusedError(
        f"cannot install {names}: no enabled repository offers it", key="package-not-found",
        detail=[f"enabled: {', '.join(enabled) or 'none'}"], unharmed=["no package was installed"],
        next=["orchestrate resume    once a repository that has it is enabled"],
    )  # fmt: skip


def _is_enabled(repository: Repository, enabled: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in enabled for pattern in repository.any_of)
