"""Whose what we make is, and as whom we run what is not ours: the OS user OpenEMM runs as, or whoever owns a program."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.command import Result, run
from orchestrator.files import Owner
from workflows.model.errors import RefusedError


def _other(user: str) -> pwd.struct_passwd | None:
    """The account, when we are root and it is not ours; None when everything is done as whoever we are."""
    if not user or os.geteuid() != 0:
        return None
    account = account_of(user)
    return account if account.pw_uid != os.geteuid() else None


def account_of(user: str) -> pwd.struct_passwd:
    """The account of that name.

    Raises:
        RefusedError: "user-missing".
    """
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise RefusedError(
            f"there is no OS user {user}",
            key="user-missing",
            next=["export ORCHESTRATE_USER=NAME    whose the home is; or as user in the site file"],
        ) from None


def owner(user: str) -> Owner | None:
    """Uid and gid for new files and links in the home; None: leave them to us.

    Raises:
        RefusedError: "user-missing".
    """
    account = _other(user)
    return (account.pw_uid, account.pw_gid) if account else None


def command_as(user: str, home: Path, args: list[str]) -> list[str]:
    """The command, run as that user (facts 1.1: openemm), with HOME as `environment_of` says: runuser sets its own.

    Raises:
        RefusedError: "user-missing".
    """
    return ["runuser", "-u", user, "--", "env", f"HOME={home}", *args] if _other(user) else args


def environment_of(user: str, home: Path) -> dict[str, str]:
    """What OpenEMM's scripts expect of a login: HOME decides where its log goes (facts 17.1)."""
    name = user or pwd.getpwuid(os.geteuid()).pw_name
    return {"HOME": str(home), "USER": name, "LOGNAME": name, "SHELL": "/bin/bash"}


def run_as_owner(
    path: Path, args: Sequence[str], *, timeout: float, expect: Sequence[int] | None = (0,), env: Mapping[str, str] | None = None
) -> Result:
    """Run a command that lies at `path`, or works there, as whoever could change it: never as root what is not root's."""
    command, own = as_owner(path, args)
    return run(command, timeout=timeout, expect=expect, env={**own, **(env or {})}, cwd="/")


def as_owner(path: Path, args: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command and its environment, run as whoever could change what lies at `path`; his home is the highest folder of his."""
    account = owner_of(path)
    own = [folder for folder in path.absolute().parents if folder.exists() and folder.stat().st_uid == account.pw_uid]
    home = own[-1] if own and account.pw_uid != os.geteuid() else Path(account.pw_dir)
    return command_as(account.pw_name, home, list(args)), environment_of(account.pw_name, home)


def owner_of(path: Path) -> pwd.struct_passwd:
    """The first on the way up from there that is not root, whatever way leads there."""
    for start in dict.fromkeys((path.absolute(), path.resolve())):
        for place in (start, *start.parents):
            if place.is_symlink() or place.exists():
                uid = place.lstat().st_uid
                if uid not in (0, os.geteuid()):
                    return pwd.getpwuid(uid)
    return pwd.getpwuid(os.geteuid())
