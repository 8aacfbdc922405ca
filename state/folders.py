"""Folders whose names survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def fsync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, mode: int) -> None:
    """Make a folder, and those above it that are missing, with that mode and durably; one that is there is left as it is."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        folder.mkdir(mode, exist_ok=True)
        fsync_folder(folder.parent)
