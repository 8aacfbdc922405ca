"""Packages of the operating system that a step brings, and that its undo takes away again: those it added, no others."""

from __future__ import annotations

from collections.abc import Sequence

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.step import Context
from workflows.rules.packages import lacking, require_obtainable


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
