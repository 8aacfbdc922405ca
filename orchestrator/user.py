"""The OS user OpenEMM runs as: who owns what we make, and how its scripts are called."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from orchestrator.files import Owner
from workflows.model.errors import RefusedError


def _other(user: str) -> pwd.struct_passwd | None:
    """The account, when we are root and it is not ours; None when everything is done as whoever we are."""
    if not user or os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise RefusedError(
            f"there is no OS user {user}",
            key="user-missing",
            next=["export ORCHESTRATE_USER=NAME    whose the home is; or as user in the site file"],
        ) from None
    return account if account.pw_uid != os.geteuid() else None


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
