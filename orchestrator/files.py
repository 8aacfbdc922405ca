"""Files replaced whole, never edited in place (DESIGN 3.10), and digests of files and trees."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar

from orchestrator.acting import acting, below, current, held
from state.folders import fsync_folder, make_folder

__all__ = [
    "OddFileError", "Owner", "fsync_folder", "kind_of", "make_folder", "prepare_link", "read_small", "remove_tree",
    "replace_link",
    "sha256_file", "small_text", "tree_digest", "write_atomic",
]  # fmt: skip

CHUNK = 1 << 20
DEFAULT_MODE = 0o644
SMALL = 16 << 20  # bytes; nothing that a release or a site has, and that is read whole, comes near that
KINDS = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link",
}  # fmt: skip
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NEVER_SPECIAL = 0o777  # no bit of setuid and the like comes from what the owner of a home can place

Owner = tuple[int, int]  # uid, gid


class OddFileError(OSError):
    """What stands where a small file should is none, or is far larger than one; it was not read."""

    key: ClassVar[str] = "file-odd"


def kind_of(mode: int) -> str:
    """What stands there, in words."""
    return KINDS.get(stat.S_IFMT(mode), "a file")


def read_small(path: Path, most: int = SMALL) -> bytes:
    """The content of a file that is small by its nature: what stands in its place neither blocks us nor fills the memory.

    Raises:
        OddFileError: it is a pipe, a device or a socket, or larger than `most` bytes.
        OSError: as the operating system says.
    """
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)  # opens nothing yet: to open a device may do something
    try:
        mode = os.fstat(place).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OddFileError(errno.EINVAL, f"it is {kind_of(mode)}, not a file", str(path))
        try:
            with open(f"/proc/self/fd/{place}", "rb") as file:  # noqa: PTH123 - a Path would have to name it twice
                content = file.read(most + 1)
        except OSError as error:
            error.filename = str(path)
            raise
    finally:
        os.close(place)
    if len(content) > most:
        raise OddFileError(errno.EFBIG, f"it is larger than {most >> 10} KiB", str(path))
    return content


def small_text(path: Path, errors: str = "strict") -> str:
    """The text of a small file, UTF-8, its lines ended by line feeds alone.

    Raises:
        OSError: as for `read_small`.
        UnicodeDecodeError: it is not UTF-8, and `errors` is strict.
    """
    return read_small(path).decode("utf-8", errors).replace("\r\n", "\n").replace("\r", "\n")


def write_atomic(path: Path, data: bytes | str, mode: int | None = None, owner: Owner | None = None) -> None:
    """Write a file so that, whenever the machine stops, the old or the new content is there in full, durably.

    Where `path` is a symbolic link, the file it points to is replaced and the link stays. The temporary file's name is always
    the same, so that what a crash left behind is gone after the next write. One writer a file is assumed.

    Args:
        path: the file; its folder exists.
        data: the content; text is written as UTF-8.
        mode: permission bits; None keeps those of the file that is replaced, 0644 when there is none.
        owner: uid and gid; None keeps, when called as root, those of the file that is replaced.

    Raises:
        OSError: as the operating system says; the old content is then as before.
    """
    content = data.encode() if isinstance(data, str) else data
    with below(path):
        path = path.resolve()
        old = path.stat() if path.exists() else None
        if mode is None:
            mode = stat.S_IMODE(old.st_mode) if old else DEFAULT_MODE
        if owner is None and old and os.geteuid() == 0:
            owner = (old.st_uid, old.st_gid)
        temporary = path.with_name(f".{path.name}.orchestrate-tmp")
        temporary.unlink(missing_ok=True)
        foreign = (who := current()) is not None and owner is not None and owner[0] != who.uid
        descriptor = _create(temporary) if foreign else os.open(temporary, NEW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                with acting(None):  # through the descriptor: of the new file, whatever its name leads to by now
                    if owner:
                        os.fchown(file.fileno(), *owner)
                    os.fchmod(file.fileno(), mode & NEVER_SPECIAL if foreign else mode)
                os.fsync(file.fileno())
            temporary.rename(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.filename is None:
                error.filename = str(path)  # a full disk is told without saying where
            raise
        fsync_folder(path.parent)


def _create(path: Path) -> int:
    """A file of root's in a folder of the home's owner, whatever else the folder's name leads to by now."""
    with held(path.parent) as folder, acting(None):
        return os.open(folder / path.name, NEW, 0o600)


def prepare_link(path: Path, target: str | Path, owner: Owner | None = None) -> Path:
    """Make a link to `target` beside `path` under a temporary name, always the same, and return that name.

    `path` itself is untouched. owner: as for `write_atomic`.

    Raises:
        IsADirectoryError: `path` is a real folder; it stays.
        FileExistsError: `path` is a real file; it stays.
    """
    with below(path):
        if path.is_symlink():
            old = path.lstat()
            if owner is None and os.geteuid() == 0:
                owner = (old.st_uid, old.st_gid)
        elif path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder, not a link", str(path))
        elif path.exists():
            raise FileExistsError(errno.EEXIST, "it is a file, not a link", str(path))
        temporary = path.with_name(f".{path.name}.orchestrate-link")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        if owner and current() is None:
            os.lchown(temporary, *owner)
        return temporary


def replace_link(path: Path, target: str | Path, owner: Owner | None = None) -> None:
    """Point the symbolic link `path` to `target` (kept as given, so relative stays relative) in one rename, durably.

    Raises:
        IsADirectoryError: `path` is a real folder; it stays.
        FileExistsError: `path` is a real file; it stays.
    """
    with below(path):
        prepare_link(path, target, owner).rename(path)
        fsync_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder with all in it, however deep: what lies two levels down is moved up until nothing does.

    Links are not followed, whoever puts one there meanwhile. shutil.rmtree keeps a file open for each level and calls itself.

    Raises:
        OSError: as the operating system says; what is left of the folder has lost its order.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    top, moved = os.open(folder, flags), itertools.count()
    prefix = secrets.token_hex(8)
    try:
        while folders := _remove_files(top):
            for name in folders:
                below = os.open(name, flags, dir_fd=top)
                try:
                    for deeper in _remove_files(below):
                        os.rename(deeper, f"{prefix}{next(moved)}", src_dir_fd=below, dst_dir_fd=top)
                finally:
                    os.close(below)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def _remove_files(folder: int) -> list[str]:
    """Remove what is no folder; the names of those that are."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content in hex, read in pieces."""
    digest = hashlib.sha256()
    with below(path), open_unwaiting(path) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def open_unwaiting(path: Path) -> BinaryIO:
    """Open a file for reading: a pipe that somebody put in its place keeps nobody waiting."""
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))


def tree_digest(folder: Path) -> str:
    """SHA-256 (hex) over everything below a folder: names, types, modes, link targets, content; not times, not owners.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    with below(folder):
        return _tree_digest(folder)


def _tree_digest(folder: Path) -> str:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    digest = hashlib.sha256()
    for path in _walk(folder):
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            fields = ["link", str(path.readlink())]
        elif stat.S_ISREG(status.st_mode):
            fields = ["file", f"{mode:o}", sha256_file(path)]
        elif stat.S_ISDIR(status.st_mode):
            fields = ["folder", f"{mode:o}"]
        else:
            fields = ["special", f"{status.st_mode:o}"]
        name = os.fsencode(path.relative_to(folder))
        digest.update(b"\0".join([name, *(os.fsencode(field) for field in fields)]) + b"\0\n")
    return digest.hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    """All entries below a folder in the order of their names; links to folders are not entered."""
    for entry in sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name)):
        yield entry
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
