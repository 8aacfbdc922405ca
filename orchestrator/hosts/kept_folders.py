"""Folders of the home copied aside before a start that deletes them, and brought back (facts 17.1)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from orchestrator.files import fsync_folder, make_folder
from orchestrator.hosts.command import run

PART = ".orchestrate-part"
COPY_SECONDS = 600.0


def keep(home: Path, folders: Sequence[str], kept: Path) -> list[str]:
    """Copy those of these folders that are there; all of them or, after a crash, none. A copy made before is left as it is.

    Returns:
        the folders that are kept.
    """
    if not kept.is_dir():
        part = kept.with_name(kept.name + PART)
        shutil.rmtree(part, ignore_errors=True)
        make_folder(part, 0o700)
        for name in folders:
            if (home / name).is_dir():
                _copy(home / name, part / name)
        part.rename(kept)
        fsync_folder(kept.parent)
    return sorted(path.name for path in kept.iterdir())


def put_back(home: Path, kept: Path) -> list[str]:
    """Bring back those that are no longer there; what is there is left alone. Nothing where nothing was kept.

    Returns:
        the folders that were brought back.
    """
    missing = [path for path in sorted(kept.iterdir()) if not os.path.lexists(home / path.name)] if kept.is_dir() else []
    for path in missing:
        part = home / f".{path.name}{PART}"
        shutil.rmtree(part, ignore_errors=True)
        _copy(path, part)
        part.rename(home / path.name)
    if missing:
        fsync_folder(home)
    return [path.name for path in missing]


def _copy(source: Path, target: Path) -> None:
    """With owner, mode, times and links as they are, durably."""
    run(["cp", "-a", str(source), str(target)], timeout=COPY_SECONDS)
    run(["sync", "-f", str(target)], timeout=COPY_SECONDS)
