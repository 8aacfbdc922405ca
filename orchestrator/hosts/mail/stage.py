"""Mails on their way between two mail servers, out of reach of every daemon, whichever a boot may start.

The stage lies in the queue's own file system: a mail is moved in and out by one rename, so at any cut it is either in the
queue or here, never in both. `taken` holds mails as they lay in the queue, `made` those of the other server in this one's form.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.files import fsync_folder, make_folder
from state.faults import place

NAME = ".orchestrate"
MAIL = "mail"  # where a test may cut the process off


class Stage:
    """The stage of one queue folder."""

    def __init__(self, root: Path) -> None:
        """Name it; nothing is made until a mail is moved."""
        self.root = root
        self.taken = root / NAME / "taken"
        self.made = root / NAME / "made"

    def take(self, mails: Iterable[Sequence[Path]]) -> int:
        """Move the files of mails out of the queue, durably; how many mails. The first file of each makes it a mail.

        A mail whose first file is gone or locked is left: it is being sent.
        """
        moved, folders = 0, set()
        for first, *others in mails:
            with _unlocked(first) as free:
                if not free:
                    continue
                folders |= self._move(first)
                moved += 1
            for file in others:
                folders |= self._move(file)
        _sync(folders)
        return moved

    def _move(self, file: Path) -> set[Path]:
        target = self.taken / file.relative_to(self.root)
        make_folder(target.parent, 0o700)
        place(MAIL)
        if file.exists():
            file.rename(target)
        return {file.parent, target.parent}

    def put_back(self, where: Callable[[Path], Path] = lambda path: path) -> None:
        """Move what was taken back, durably, the file that makes it a mail last. where: its place below the root."""
        files = _files(self.taken)
        self.publish((file, self.root / where(file.relative_to(self.taken))) for file in files)

    def publish(self, moves: Iterable[tuple[Path, Path]]) -> None:
        """Move files of the stage to their places in the queue, durably, in this order."""
        folders = set()
        for file, target in moves:
            make_folder(target.parent, 0o755)
            place(MAIL)
            if file.exists():
                file.rename(target)
            folders |= {file.parent, target.parent}
        _sync(folders)
        self.tidy()

    def drop(self, files: Iterable[Path]) -> None:
        """Remove files for good, durably."""
        folders = set()
        for file in files:
            place(MAIL)
            file.unlink(missing_ok=True)
            folders.add(file.parent)
        _sync(folders)
        self.tidy()

    def tidy(self) -> None:
        """Leave no empty folder behind."""
        for folder in sorted((self.root / NAME, *(self.root / NAME).rglob("*")), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def locked(path: Path) -> bool:
    """Whether a daemon has the file in hand: Postfix's agents hold it by flock(2), Sendmail by fcntl(2) or flock(2)."""
    with _unlocked(path) as free:
        return path.exists() and not free


@contextmanager
def _unlocked(path: Path) -> Iterator[bool]:
    """Hold both locks of a file; False when somebody else holds one, or there is no such file."""
    try:
        file = path.open("rb+")
    except FileNotFoundError:
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            yield False
        else:
            yield path.exists()


def _files(folder: Path) -> list[Path]:
    """Sendmail's df before its qf."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync(folders: Iterable[Path]) -> None:
    for folder in sorted(set(folders)):
        if folder.is_dir():
            fsync_folder(folder)
