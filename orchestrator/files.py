"""Files replaced whole, never edited in place (DESIGN 3.10), and digests of files and trees."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
DEFAULT_MODE = 0o644


def fsync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes | str, mode: int | None = None, owner: tuple[int, int] | None = None) -> None:
    """Write a file so that, whenever the machine stops, the old or the new content is there in full, durably.

    Where `path` is a symbolic link, the file it points to is replaced and the link stays.

    Args:
        path: the file; its folder exists.
        data: the content; text is written as UTF-8.
        mode: permission bits; None keeps those of the file that is replaced, 0644 when there is none.
        owner: uid and gid; None keeps those of the file that is replaced, when that is ours to give.

    Raises:
        OSError: as the operating system says; the old content is then as before.
    """
    path = path.resolve()
    content = data.encode() if isinstance(data, str) else data
    old = path.stat() if path.exists() else None
    if mode is None:
        mode = stat.S_IMODE(old.st_mode) if old else DEFAULT_MODE
    if owner is None and old:
        owner = (old.st_uid, old.st_gid)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if owner and owner != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def prepare_link(path: Path, target: str | Path) -> Path:
    """Make a link to `target` beside `path` under a temporary name, and return that name; `path` is untouched."""
    for number in range(10_000):
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{number}.link")
        try:
            temporary.symlink_to(target)
        except FileExistsError:
            continue
        return temporary
    raise FileExistsError(f"too many unfinished links beside {path}")


def replace_link(path: Path, target: str | Path) -> None:
    """Point the symbolic link `path` to `target` (kept as given, so relative stays relative) in one rename, durably.

    Raises:
        IsADirectoryError: `path` is a real folder; it stays.
        FileExistsError: `path` is a real file; it stays.
    """
    refuse_no_link(path)
    temporary = prepare_link(path, target)
    try:
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def refuse_no_link(path: Path) -> None:
    """Raise when there is something at `path` that is no symbolic link."""
    if path.is_symlink():
        return
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a link")
    if path.exists():
        raise FileExistsError(f"{path} is a file, not a link")


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content in hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def tree_digest(folder: Path) -> str:
    """SHA-256 (hex) over everything below a folder: names, types, modes, link targets, content; not times, not owners.

    Raises:
        NotADirectoryError: there is no such folder.
    """
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
