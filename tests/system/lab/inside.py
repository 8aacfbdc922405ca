"""Run inside a host by the orchestrator's own Python: makes the home, the packages and the database.

Usage: inside.py RELEASE SOCKET, as root. The programs of the home are run by this interpreter (orchestrator.sandbox.home).
"""

from __future__ import annotations

import os
import pwd
import secrets
import stat
import sys
from pathlib import Path

import pymysql

from orchestrator.sandbox.home import Access, install
from orchestrator.sandbox.host import fill_database
from orchestrator.sandbox.packages import RELEASES, build
from orchestrator.settings import HOME

STATE = Path("/var/lib/openemm-orchestrator")
PORT = 8080
OWNER = "openemm"
ROOTS_OWN = ("bav.rc",)  # beside the setuid helpers (facts 2.1)


def main(line: str, socket: str) -> None:
    """Do it all."""
    release = next(release for release in RELEASES if release.line == line)
    packages = STATE / "packages"
    packages.mkdir(parents=True)
    STATE.chmod(0o700)
    build(packages)
    password = secrets.token_urlsafe(18)
    with pymysql.connect(unix_socket=socket, user="root", charset="utf8mb4", autocommit=True) as connection:
        fill_database(connection, password, recipients=200)
    install(HOME, packages, release, Access(PORT, Path(socket), password))
    give_away(HOME)


def give_away(folder: Path) -> None:
    """Make openemm the owner of all but what the vendor's tool leaves to root."""
    account = pwd.getpwnam(OWNER)
    for path in folder.rglob("*"):
        if path.name not in ROOTS_OWN and not path.lstat().st_mode & stat.S_ISUID:
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
