"""Users and groups of the operating system, through shadow's own programs."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from pathlib import Path

from orchestrator.command import run
from orchestrator.files import fsync_folder

SKELETON = Path("/etc/skel")
SECONDS = 60.0
HOME_MODE = 0o711  # postfix goes through it to var/run/bav.sock (guide 4.2), and nobody else may look round
ALREADY = 9  # groupadd, useradd: the name is in use
ABSENT = 6  # userdel, groupdel: there is none


class RealAccounts:
    """As `workflows.host.accounts.Accounts` asks for it."""

    def group(self, name: str) -> int | None:
        """From whatever the name service asks."""
        try:
            return grp.getgrnam(name).gr_gid
        except KeyError:
            return None

    def user(self, name: str) -> tuple[int, str, str, str] | None:
        """From whatever the name service asks; a first group without a name is given by its number."""
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            return None
        try:
            group = grp.getgrgid(account.pw_gid).gr_name
        except KeyError:
            group = str(account.pw_gid)
        return account.pw_uid, group, account.pw_dir, account.pw_shell

    def add_group(self, name: str, number: int | None = None) -> None:
        """By groupadd."""
        numbered = ["--gid", str(number)] if number is not None else []
        if self.group(name) is None:
            run(["groupadd", *numbered, name], timeout=SECONDS, expect=(0, ALREADY))

    def add_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """By useradd; its home by rename of a prepared copy of /etc/skel, so that no home is ever there in half."""
        if self.user(name) is None:
            run(
                ["useradd", "--no-create-home", "--gid", group, "--home-dir", home, "--shell", shell, name],
                timeout=SECONDS, expect=(0, ALREADY),
            )  # fmt: skip
        if not os.path.lexists(home):
            _make_home(Path(home), pwd.getpwnam(name))

    def change_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """By usermod."""
        run(["usermod", "--gid", group, "--home", home, "--shell", shell, name], timeout=SECONDS)

    def remove_user(self, name: str, *, with_home: bool) -> None:
        """By userdel."""
        if self.user(name) is not None:
            run(["userdel", *(["--remove"] if with_home else []), name], timeout=SECONDS, expect=(0, ABSENT))

    def remove_group(self, name: str) -> None:
        """By groupdel."""
        if self.group(name) is not None:
            run(["groupdel", name], timeout=SECONDS, expect=(0, ABSENT))


def _make_home(home: Path, account: pwd.struct_passwd) -> None:
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    prepared = home.with_name(f".{home.name}.orchestrate-tmp")
    if prepared.is_dir():  # of an attempt that was cut off
        shutil.rmtree(prepared)
    if SKELETON.is_dir():
        shutil.copytree(SKELETON, prepared, symlinks=True)
    else:
        prepared.mkdir(mode=0o700)
    for path in (prepared, *prepared.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    prepared.chmod(HOME_MODE)
    prepared.rename(home)
    fsync_folder(home.parent)
