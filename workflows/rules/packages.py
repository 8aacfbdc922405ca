"""Which packages of the operating system are lacking, and whether they can be had (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from workflows.host import Host
from workflows.host.os_packages import PackageManager, Provided, Repository
from workflows.model.errors import RefusedError, WorkflowError

CAPABILITIES = ("os-base", "tools", "cron", "rsyslog", "logrotate", "openssl")  # beside Java, Python, Tomcat and the servers


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
