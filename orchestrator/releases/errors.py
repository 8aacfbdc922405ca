"""What can be wrong with packages and where they come from."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from workflows.model.errors import WorkflowError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
RESERVE = 256 << 20  # bytes that are left free for mail, logs and the store


class PackageError(WorkflowError):
    """A package cannot be used; what is active on the host is as before."""

    key = "package-unusable"


class SourceError(WorkflowError):
    """The package source cannot be read; nothing was changed."""

    key = "source-unreachable"


def need_room(folder: Path, needed: int) -> None:
    """Refuse to begin to write what would leave less than the reserve free.

    Raises:
        PackageError: "no-room".
    """
    if shutil.disk_usage(folder).free < needed + RESERVE:
        raise no_room(folder, needed)


def no_room(folder: Path, needed: int | None = None) -> PackageError:
    """The error for a file system that is full. needed: bytes that would be needed, when known."""
    size = f" for {needed / 1e6:.0f} MB" if needed else ""
    return PackageError(
        f"cannot write to {folder}: there is no room{size}",
        key="no-room",
        unharmed=["what is active is untouched"],
        next=[f"df -h {folder}    how much is free", "orchestrate resume    once there is room"],
    )
