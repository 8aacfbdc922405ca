"""Whether a place is ours alone: what others could write or put there must not decide what root does (DESIGN 3.13)."""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestrator.files import kind_of
from workflows.model.errors import RefusedError

LINKS = 40  # as many as the kernel follows
ACL = "system.posix_acl_access"
STORE = "state.db"
FILES = (STORE, f"{STORE}-wal", f"{STORE}-shm", "sites.json")  # in the state folder, beside locks


class PlaceError(RefusedError):
    """Another user could decide what lies there, or something else stands where a file should; it was not touched."""

    key = "place-unsafe"


def see_folder(folder: Path, *, shared: bool = False) -> None:
    """See that nobody else decides where a folder leads, nor writes in it. What is missing of it yet is as good.

    Args:
        folder: the folder.
        shared: it may be one like /tmp, where each can remove only what is his own.

    Raises:
        PlaceError: he could.
    """
    real = folder.resolve()
    for path, status in _visited(folder):
        _see_owner(folder, path, status)
        sticky = status.st_mode & stat.S_ISVTX and (shared or path != real)
        if stat.S_ISDIR(status.st_mode) and not sticky:
            _see_mode(folder, path, status)


def see_file(file: Path) -> None:
    """See that nobody else decides which file this is, nor writes it. One that is not there is as good.

    Raises:
        PlaceError: he could, or it is no file.
    """
    see_folder(file)
    if file.exists():
        real = file.resolve()
        _see_kind(file, real, real.stat())
        _see_mode(file, real, real.stat())


def see_files(folder: Path, expected: tuple[str, ...] = ()) -> None:
    """See that nobody else writes in a folder, and that nothing but files and folders of ours stands there.

    Args:
        folder: the folder; it need not be there.
        expected: names of what must be files, and no folders.

    Raises:
        PlaceError: not so.
    """
    see_folder(folder)
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # told by whoever needs it
    for path in entries:
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        _see_owner(folder, path, status)
        leads_to_folder = path.is_dir() and path.name not in expected and path.suffix != ".lock"
        if not leads_to_folder:
            _see_kind(folder, path, status)
            _see_mode(folder, path, status)


def see_state(folder: Path) -> None:
    """See that the state folder is ours alone, as `see_files` does.

    Raises:
        PlaceError: it is not.
    """
    see_files(folder, FILES)


def _visited(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every folder and link by which a path is found, itself as the last, as far as they are there; the root left out."""
    todo, at, links = list(reversed(path.absolute().parts[1:])), Path("/"), 0
    while todo:
        name = todo.pop()
        step = at.parent if name == ".." else at / name
        try:
            status = step.lstat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return  # told by whoever needs it
        yield step, status
        if not stat.S_ISLNK(status.st_mode):
            at = step
            continue
        if (links := links + 1) > LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        target = step.readlink()
        at = Path("/") if target.is_absolute() else at
        todo += reversed([part for part in target.parts if part != "/"])


def _see_owner(place: Path, path: Path, status: os.stat_result) -> None:
    if status.st_uid in {0, os.geteuid()}:
        return
    us = _user(os.geteuid())
    above = path != place and place.is_relative_to(path)
    raise PlaceError(
        f"cannot trust {place}: {_name(place, path)} belongs to {_user(status.st_uid)}", unharmed=_UNTOUCHED,
        next=[f"ls -ld {path}    who else may write there; {place} must lie elsewhere" if above else
              f"chown -h {us} {path}    once you have seen what lies there"],
    )  # fmt: skip


def _see_mode(place: Path, path: Path, status: os.stat_result) -> None:
    """Not writable by others, nor by a group that is not only ours."""
    mode = status.st_mode
    group = mode & stat.S_IWGRP and (status.st_gid not in {0, os.getegid()} or ACL in os.listxattr(path, follow_symlinks=False))
    if mode & stat.S_IWOTH or group:
        raise PlaceError(
            f"cannot trust {place}: others may write {_name(place, path)}", unharmed=_UNTOUCHED,
            next=[f"chmod go-w {path}    once you have seen what lies there"],
        )  # fmt: skip


def _see_kind(place: Path, path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PlaceError(
            f"cannot trust {place}: {_name(place, path)} is {kind_of(status.st_mode)}, and a file should stand there",
            unharmed=_UNTOUCHED, next=[f"ls -l {path}    what it is; move it away"],
        )  # fmt: skip


_UNTOUCHED = ("everything: nothing was read or written there",)


def _name(place: Path, path: Path) -> str:
    return "it" if path == place else str(path)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
