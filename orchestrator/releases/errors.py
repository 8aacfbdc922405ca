"""What can be wrong with packages and where they come from."""

from __future__ import annotations

import errno
from pathlib import Path

from workflows.model.errors import WorkflowError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class PackageError(WorkflowError):
    """A package cannot be used; what is active on the host is as before."""

    key = "package-unusable"


class SourceError(WorkflowError):
    """The package source cannot be read; nothing was changed."""

    key = "source-unreachable"


def no_room(folder: Path, needed: int | None = None) -> PackageError:
    """The error for a file system that is full. needed: bytes that would be needed, when known."""
    size = f" for {needed / 1e6:.0f} MB" if needed else ""
    return PackageError(
        f"cannot write to {folder}: there is no room{size}",
        key="no-room",
        unharmed=["what is active is untouched"],
        next=[f"df -h {folder}    how much is free", "orchestrate resume    once there is room"],
    )
