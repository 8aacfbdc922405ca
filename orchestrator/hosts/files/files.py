"""Files anywhere on the host, replaced whole. Texts are kept byte by byte, whatever their encoding."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from orchestrator.acting import NotHisError, acting, by_path, current, held
from orchestrator.files import Owner, fsync_folder, read_small, replace_link, write_atomic
from orchestrator.user import account_of

FOLDER_MODE = 0o755
ANY_BYTES = "surrogateescape"


@by_path
class RealFiles:
    """As `workflows.host.files.Files` asks for it; below a home as its owner."""

    def read(self, path: str) -> str | None:
        """Line ends as they are."""
        file = Path(path)
        return read_small(file).decode("utf-8", ANY_BYTES) if file.is_file() else None

    def write(self, path: str, text: str, *, mode: int | None = None, owner: str | None = None) -> None:
        """See `write_atomic`; folders that are missing are root's, 0755."""
        self.make_folder(str(Path(path).parent))
        write_atomic(Path(path), text.encode("utf-8", ANY_BYTES), mode=mode, owner=numbers(owner) if owner else None)

    def read_link(self, path: str) -> str | None:
        """As it is written, relative or absolute."""
        return str(Path(path).readlink()) if Path(path).is_symlink() else None

    def write_link(self, path: str, target: str) -> None:
        """See `replace_link`."""
        self.make_folder(str(Path(path).parent))
        replace_link(Path(path), target)

    def remove_link(self, path: str) -> None:
        """Durably."""
        if Path(path).is_symlink():
            Path(path).unlink()
            fsync_folder(Path(path).parent)

    def make_folder(self, path: str, *, mode: int = FOLDER_MODE, owner: str | None = None) -> bool:
        """By rename of a prepared one, so that it is never there with another owner.

        Parents are 0755, and root's; below a home its owner's.
        """
        folder = Path(path)
        if os.path.lexists(folder):
            return False
        self.make_folder(str(folder.parent))
        prepared = folder.with_name(f".{folder.name}.orchestrate-tmp")
        if prepared.is_dir():  # of an attempt that was cut off
            shutil.rmtree(prepared)
        prepared.mkdir(mode=0o700)
        if owner and current() is None:
            os.chown(prepared, *numbers(owner))
        prepared.chmod(mode)
        prepared.rename(folder)
        fsync_folder(folder.parent)
        return True

    def remove_folder(self, path: str) -> bool:
        """By rmdir(2)."""
        folder = Path(path)
        if folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
            return False
        folder.rmdir()
        fsync_folder(folder.parent)
        return True

    def mode(self, path: str) -> int | None:
        """Of what a link leads to."""
        return stat.S_IMODE(Path(path).stat().st_mode) if Path(path).exists() else None

    def set_mode(self, path: str, mode: int) -> None:
        """Of what a link leads to."""
        Path(path).chmod(mode)

    def owner(self, path: str) -> str | None:
        """Of a link, the link's own."""
        if not os.path.lexists(path):
            return None
        status = Path(path).lstat()
        return f"{_user_name(status.st_uid)}:{_group_name(status.st_gid)}"

    def set_owner(self, path: str, owner: str) -> None:
        """By lchown(2), as root in any case: below a home only of what lies in a folder of the home's owner.

        Raises:
            NotHisError: it does not; or it is a file that has another name, too, which may lie anywhere.
        """
        with held(Path(path).parent) as folder, acting(None):
            place = folder / Path(path).name
            status = place.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                raise NotHisError(
                    f"cannot give {path} to {owner}: it has {status.st_nlink} names", unharmed=[path],
                    next=[f"ls -li {path}    how many names it has; a copy in its place has one"],
                )  # fmt: skip
            os.lchown(place, *numbers(owner))

    def listing(self, folder: str) -> Sequence[str]:
        """Files and folders alike."""
        return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).is_dir() else []


def numbers(owner: str) -> Owner:
    """The uid and gid of "user:group", given by name or number.

    Raises:
        RefusedError: "user-missing".
        KeyError: there is no such group.
    """
    user, _, group = owner.partition(":")
    uid = int(user) if user.isdecimal() else account_of(user).pw_uid
    return uid, int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
