"""Folders of the home copied aside before a start that deletes them, and brought back (facts 17.1)."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.acting import Identity, acting, current
from orchestrator.command import run
from orchestrator.files import NEW, fsync_folder, make_folder, tree_digest
from workflows.host.home import KeptFolders

PART = ".orchestrate-part"
COPY_SECONDS = 600.0


def keep(home: Path, folders: Sequence[str], kept: Path) -> list[str]:
    """Copy those of these folders that are there; all of them or, after a crash, none. A copy made before is left as it is.

    Returns:
        the folders that are kept.
    """
    who = current()
    there = [name for name in folders if (home / name).is_dir()]
    with acting(None):
        if not kept.is_dir():
            part = kept.with_name(kept.name + PART)
            shutil.rmtree(part, ignore_errors=True)
            make_folder(part, 0o700)
            for name in there:
                _copy(home / name, part / name, read_as=who, write_as=None)
            part.rename(kept)
            fsync_folder(kept.parent)
        return [path.name for path in _copies(kept)]


def kept(root: Path) -> list[KeptFolders]:
    """All copies under the folder that holds them, oldest first; those of nothing are left out."""
    with acting(None):
        names = [path for path in root.iterdir() if not path.name.endswith(PART)] if root.is_dir() else []
        found = [
            KeptFolders(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC), tuple(one.name for one in _copies(path)))
            for path in names
        ]
    return sorted((one for one in found if one.folders), key=lambda one: one.since)


def lacking(home: Path, sets: Sequence[Path]) -> dict[str, Path]:
    """The folders of these copies that the home lacks, each with the first copy of it."""
    found: dict[str, Path] = {}
    for path in (path for kept in sets for path in _copies(kept)):
        if _is_free(home / path.name):
            found.setdefault(path.name, path)
    return found


def put_back(home: Path, sets: Sequence[Path]) -> list[str]:
    """Bring back those that are no longer there, of several copies the first; what is there is left alone.

    Returns:
        the folders that were brought back.
    """
    missing = lacking(home, sets)
    for name, path in missing.items():
        part = _part(home, name)
        _copy(path, part, read_as=None, write_as=current())
        part.rename(home / name)
    if missing:
        fsync_folder(home)
    return sorted(missing)


def take_away(home: Path, sets: Sequence[Path], folders: Sequence[str]) -> list[str]:
    """Remove folders that `put_back` brought back, where they are still as their copy; the others stay.

    Returns:
        the folders that were removed.
    """
    copies = {path.name: path for kept in reversed(sets) for path in _copies(kept)}
    gone = [name for name in folders if name in copies and _same(home / name, copies[name])]
    for name in gone:
        part = _part(home, name)
        (home / name).rename(part)
        shutil.rmtree(part)
    if gone:
        fsync_folder(home)
    return gone


def _copies(kept: Path) -> list[Path]:
    """The folders that are kept there. Beside them lies what else a run keeps, which is files only."""
    with acting(None):
        return sorted(path for path in kept.iterdir() if path.is_dir()) if kept.is_dir() else []


def _is_free(path: Path) -> bool:
    """Whether nothing is there, or a folder without anything in it."""
    if path.is_symlink() or not path.is_dir():
        return not os.path.lexists(path)
    return not any(path.iterdir())


def _same(path: Path, copy: Path) -> bool:
    with acting(None):
        kept = tree_digest(copy)
    return path.is_dir() and not path.is_symlink() and tree_digest(path) == kept


def _part(home: Path, name: str) -> Path:
    """A free name beside, on the same file system; what a crash left there is removed, a link that somebody put there too."""
    part = home / f".{name}{PART}"
    if part.is_symlink():
        part.unlink()
    shutil.rmtree(part, ignore_errors=True)
    return part


def _copy(source: Path, target: Path, *, read_as: Identity | None, write_as: Identity | None) -> None:
    """With mode, times and links as they are, and the owner where root writes, durably; what is no file, folder or link stays."""
    _copy_entry(source, target, read_as, write_as)
    run(["sync", "-f", str(target)], timeout=COPY_SECONDS)


def _copy_entry(source: Path, target: Path, read_as: Identity | None, write_as: Identity | None) -> None:
    with acting(read_as):
        status = source.lstat()
        is_link = stat.S_ISLNK(status.st_mode)
        leads_to = source.readlink() if is_link else Path()
    if is_link:
        with acting(write_as):
            target.symlink_to(leads_to)
    elif stat.S_ISDIR(status.st_mode):
        _copy_folder(source, target, read_as, write_as)
    elif stat.S_ISREG(status.st_mode):
        _copy_file(source, target, read_as, write_as)
    else:
        return
    with acting(write_as):
        if write_as is None and os.geteuid() == 0:
            os.lchown(target, status.st_uid, status.st_gid)
        if not is_link:
            target.chmod(stat.S_IMODE(status.st_mode))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def _copy_folder(source: Path, target: Path, read_as: Identity | None, write_as: Identity | None) -> None:
    with acting(read_as):
        names = sorted(os.listdir(source))  # noqa: PTH208 - the names alone
    with acting(write_as):
        target.mkdir(mode=0o700)
    for name in names:
        _copy_entry(source / name, target / name, read_as, write_as)


def _copy_file(source: Path, target: Path, read_as: Identity | None, write_as: Identity | None) -> None:
    with acting(read_as):
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as content, acting(write_as):
        new = os.open(target, NEW, 0o600)
        with os.fdopen(new, "wb") as file:
            shutil.copyfileobj(content, file)
