"""Act as somebody else on files: what lies below a home is touched as its owner, and root reaches there no further than he.

The kernel decides then, whatever name leads wherever by the time it is used (promise 13): a link that OpenEMM's user puts in
the place of a file gives him nothing that he has not. Only the identity for files of this very thread changes (setfsuid(2),
setfsgid(2) and the groups of the thread), so that other threads and every program started meanwhile are what they were.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import inspect
import os
import pwd
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workflows.model.errors import WorkflowError

ROOT = 0
_C = TypeVar("_C")
_R = TypeVar("_R")
_SETGROUPS = {"x86_64": 116, "aarch64": 159, "ppc64le": 81, "s390x": 206}  # the library's own would change every thread
_homes: dict[Path, str] = {}  # those that are guarded, as they are named and as they really lie, and who OpenEMM runs as there
_OWN_GROUPS = tuple(os.getgroups())
_library = ctypes.CDLL(None, use_errno=True)
_thread = threading.local()


@dataclass(frozen=True)
class Identity:
    """Who files are touched as."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    @property
    def name(self) -> str:
        """As people call him."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


class NotHisError(WorkflowError):
    """What is below the home may not be touched by whom the home belongs to; nothing was changed there."""

    key = "home-not-his"
    exit_code = 3


def owner_of(home: Path) -> Identity | None:
    """Whose a home is; of a guarded one of root's, who OpenEMM runs as: what lies below it is his.

    None: files are touched as whoever we are, because that is he, or we are not root, or there is none.
    """
    if os.geteuid() != ROOT:
        return None
    try:
        status = home.stat()
    except FileNotFoundError:
        return None
    if status.st_uid != ROOT:
        return identity(status.st_uid, status.st_gid)
    try:
        account = pwd.getpwnam(_homes.get(home.absolute(), ""))
    except KeyError:
        return None
    return None if account.pw_uid == ROOT else identity(account.pw_uid, account.pw_gid)


def identity(uid: int, gid: int) -> Identity:
    """Of an account, with the groups it is in; gid: of a number that is no account's."""
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        return Identity(uid, gid, (gid,))
    return Identity(uid, account.pw_gid, tuple(os.getgrouplist(account.pw_name, account.pw_gid)))


def current() -> Identity | None:
    """Who this thread touches files as; None: whoever we are."""
    return getattr(_thread, "identity", None)


@contextlib.contextmanager
def acting(who: Identity | None) -> Iterator[None]:
    """Touch files as he may; None: as whoever we are.

    Raises:
        NotHisError: he may not.
    """
    before = current()
    if who == before:
        yield
        return
    try:
        _become(who)
    except OSError:
        _become(before)
        raise
    try:
        yield
    except PermissionError as error:
        if who is None:
            raise
        raise NotHisError(
            f"cannot touch {error.filename or 'a file'} as {who.name}, whose the home is: {error.strerror}",
            unharmed=["what it leads to: root does nothing there that the owner of the home may not do"],
            next=[f"ls -ld {path}    whose it is, and where it leads"] if (path := error.filename) else [],
        ) from error
    finally:
        _become(before)


def guard(home: Path, user: str) -> None:
    """From now on what lies below that home is touched as its owner by all that asks `below`. user: who OpenEMM runs as."""
    _homes.update(dict.fromkeys((home.absolute(), home.resolve()), user))


@contextlib.contextmanager
def below(path: Path) -> Iterator[None]:
    """Touch files as the owner of the guarded home that the path is in; of another path, as before. Names alone decide.

    Raises:
        NotHisError: he may not.
    """
    home = None if current() else next((home for home in _homes if home in path.absolute().parents), None)
    with acting(owner_of(home) if home else current()):
        yield


def as_owner(cls: type[_C]) -> type[_C]:
    """Every public method of a class touches files as the owner of the home that is its `guarded`."""
    for name, method in list(vars(cls).items()):
        if not name.startswith("_") and inspect.isfunction(method):
            setattr(cls, name, _as_owner(method))
    return cls


def by_path(cls: type[_C]) -> type[_C]:
    """Every public method of a class touches files as the owner of the home, if any, that its first argument lies in."""
    for name, method in list(vars(cls).items()):
        if not name.startswith("_") and inspect.isfunction(method):
            setattr(cls, name, _by_path(method))
    return cls


def _by_path(method: Callable[..., _R]) -> Callable[..., _R]:
    @functools.wraps(method)
    def act(self: Any, path: str, *args: Any, **kwargs: Any) -> _R:
        with below(Path(path)):
            return method(self, path, *args, **kwargs)

    return act


def _as_owner(method: Callable[..., _R]) -> Callable[..., _R]:
    @functools.wraps(method)
    def act(self: Any, *args: Any, **kwargs: Any) -> _R:
        with acting(current() or owner_of(self.guarded)):
            return method(self, *args, **kwargs)

    return act


@contextlib.contextmanager
def held(folder: Path) -> Iterator[Path]:
    """A path to a folder that stays that folder whoever renames what above it meanwhile, for root to make names in it.

    Raises:
        NotHisError: it lies in a home and is not its owner's: a link leads out of the home, or root has made it.
    """
    with below(folder):
        who = current()
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if who and os.fstat(descriptor).st_uid != who.uid:
            raise NotHisError(
                f"cannot write into {folder}: the folder it leads to is not {who.name}'s, whose the home is",
                unharmed=["that folder"],
                next=[f"ls -ld {folder}    where it leads; a folder of the home's owner is used, also on another disk"],
            )
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")  # which programs that we start can follow, too
    finally:
        os.close(descriptor)


def _become(who: Identity | None) -> None:
    """The groups need a right that is root's whoever files are touched as."""
    if who is None:
        _library.setfsuid(ROOT)
        _set_groups(_OWN_GROUPS)
        _library.setfsgid(os.getegid())
    else:
        _set_groups(who.groups)
        _library.setfsgid(who.gid)
        _library.setfsuid(who.uid)
        if _library.setfsuid(-1) != who.uid:  # it tells who it is; a failure is told in no other way
            raise OSError(f"cannot act as {who.name} on files")
    _thread.identity = who


def _set_groups(groups: tuple[int, ...]) -> None:
    number = _SETGROUPS.get(os.uname().machine)
    if number is None:
        raise OSError(f"cannot act as another on files on {os.uname().machine}")
    array = (ctypes.c_uint32 * len(groups))(*groups)
    if _library.syscall(number, len(groups), array) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
