"""The folder in which the packages of a database server make its first databases, the server's own."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from orchestrator.files import fsync_folder

PACKAGED = Path("/var/lib/mysql")
OF_THE_SERVER = ("mysql", "information_schema", "performance_schema", "sys")
_MADE_WITH_IT = (*OF_THE_SERVER, "test")


def begun(folder: Path) -> bool:
    """Whether anything is in it."""
    return folder.is_dir() and any(folder.iterdir())


def set_aside(folder: Path) -> Path | None:
    """Put an empty one in its place; where it is now.

    None, and nothing is changed, when it is empty, holds a database that is not the server's own, is a link or a mount.
    """
    if folder.is_symlink() or os.path.ismount(folder) or not begun(folder):
        return None
    if {path.name for path in folder.iterdir() if path.is_dir()} - set(_MADE_WITH_IT):
        return None
    status = folder.stat()
    aside = next(path for n in count(1) if not (path := folder.with_name(f"{folder.name}.cut-off-{n}")).exists())
    empty = folder.with_name(f"{folder.name}.new")
    empty.mkdir(mode=0o700, exist_ok=True)
    os.chown(empty, status.st_uid, status.st_gid)
    empty.chmod(status.st_mode & 0o7777)
    folder.rename(aside)
    empty.rename(folder)
    fsync_folder(folder.parent)
    return aside
