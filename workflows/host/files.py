"""Files anywhere on the host, and how they were before they were changed (DESIGN 3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class KeptFile:
    """A file as it was before it was changed, its content kept aside under its digest. sha256 None: there was none."""

    path: str
    sha256: str | None
    mode: int = 0
    uid: int = 0
    gid: int = 0

    def as_json(self) -> dict[str, object]:
        """For a step's intent."""
        return {"path": self.path, "sha256": self.sha256, "mode": self.mode, "uid": self.uid, "gid": self.gid}


class Register(Protocol):
    """Files as they were before we changed them (DESIGN 3.10)."""

    def keep(self, paths: Iterable[str]) -> Sequence[KeptFile]:
        """Keep content, digest, owner and mode."""

    def changed(self, files: Iterable[KeptFile]) -> Sequence[str]:
        """The paths whose content is no longer this."""

    def missing(self, path: str) -> bool:
        """Whether there is no such file now."""

    def restore(self, files: Iterable[KeptFile]) -> None:
        """Put them back, content, owner and mode; what was not there is removed."""


class Files(Protocol):
    """Files anywhere on the host. Paths are absolute; owner is "user:group"."""

    def read(self, path: str) -> str | None:
        """The file's text; None when there is none."""

    def write(self, path: str, text: str, *, mode: int | None = None, owner: str | None = None) -> None:
        """Replace it by one rename; missing folders are made. None: as it was, else 0644 and root's."""

    def read_link(self, path: str) -> str | None:
        """Where a symbolic link points; None when it is no link."""

    def write_link(self, path: str, target: str) -> None:
        """Point a symbolic link, by rename of a prepared one."""

    def remove_link(self, path: str) -> None:
        """Remove a symbolic link; nothing when there is none."""

    def make_folder(self, path: str, *, mode: int = 0o755, owner: str | None = None) -> bool:
        """Make a folder; False when it was there, and then nothing of it is changed."""

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder; False when it is not empty or not there."""

    def mode(self, path: str) -> int | None:
        """The permission bits; None when nothing is there."""

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""

    def owner(self, path: str) -> str | None:
        """As "user:group", by number where a number has no name; None when nothing is there."""

    def set_owner(self, path: str, owner: str) -> None:
        """Give it to somebody; of a symbolic link, the link itself."""

    def listing(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; empty when there is none."""
