"""Room on disk for a dump and its test restore, asked for before it is used up."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from workflows.model.errors import RefusedError

SCRATCH_BASE = 192 << 20  # an empty private server, and what it keeps for undo and redo


class RoomError(RefusedError):
    """A file system has not the room that a backup needs; the database is as before."""

    key = "no-room-for-backup"


def free(path: Path) -> int:
    """Bytes that are free for others than root where a path is, or will be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def restore_room(size: int) -> int:
    """Bytes for a test restore of `size` bytes of SQL or data: indexes, half-full pages and undo come on top."""
    return 2 * size + SCRATCH_BASE


def require_room(path: Path, needed: int, what: str) -> None:
    """See that the file system of `path` has `needed` bytes free.

    Raises:
        RoomError: it has not.
    """
    free = shutil.disk_usage(path).free
    if free < needed:
        raise _no_room(path, what, f"{needed} bytes needed, {free} free")


@contextlib.contextmanager
def full_disk_told(path: Path, what: str) -> Iterator[None]:
    """Say it so when the file system of `path` becomes full meanwhile.

    Raises:
        RoomError: it did.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _no_room(path, what, f"it became full; {shutil.disk_usage(path).free} bytes are free now") from error


def _no_room(path: Path, what: str, why: str) -> RoomError:
    return RoomError(
        f"there is no room for {what} on the file system of {path}: {why}",
        unharmed=["the database: a backup only reads it"],
        next=[f"df -h {path}", "orchestrate backup list      which are no longer needed?"],
    )
