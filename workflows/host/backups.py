"""What a workflow may ask of restore points: dumps really restored, and databases that a restore replaced (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

Progress = Callable[[int, int | None], None]  # bytes done, bytes in all when known


@dataclass(frozen=True)
class Backup:
    """A dump that was really restored and compared. path: absolute. verified: None until then."""

    id: str
    path: str
    size: int
    sha256: str
    created: datetime
    release: str
    versions: frozenset[str]
    rows: Mapping[str, int]
    server: str
    seconds: float
    verified: datetime | None = None
    proof: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptDatabase:
    """A whole database that a restore replaced, under a name of its own. backup: the dump that took its place, or whose did."""

    name: str
    backup: str
    since: datetime
    versions: frozenset[str]
    rows: Mapping[str, int]


class Backups(Protocol):
    """Restore points (DESIGN 3.9)."""

    def create(
        self, backup: str, release: str, *, quiesced: bool, checkpoint: Mapping[str, object], progress: Progress
    ) -> Backup:
        """Dump the database under this id; quiesced: nothing writes, so that the row counts must be equal."""

    def verify(self, backup: str, progress: Progress) -> Backup:
        """Restore into an empty scratch server and compare; only then does the backup count."""

    def find(self, backup: str) -> Backup | None:
        """The backup with its manifest when dump and manifest are there and complete."""

    def list(self) -> Sequence[Backup]:
        """All backups of this site, newest first."""

    def restore(self, backup: str, *, keep_as: str, progress: Progress) -> None:
        """Put the dump back: into an empty database, compare, swap; what was there is kept as database `keep_as`.

        May be run again after having been cut off anywhere.
        """

    def restored(self, backup: str, *, keep_as: str) -> bool:
        """Whether `restore` with these arguments has come to its end."""

    def check(self, backup: str) -> Backup:
        """The backup, when it counts and its dump still has the digest it was proven with; a refusal otherwise."""

    def room_to_restore(self, backup: str) -> tuple[int, str | None]:
        """Bytes that putting it back needs, and the folder of the server's data; None where that is not on this host."""

    def kept(self) -> Sequence[KeptDatabase]:
        """The databases that restores replaced and that are still there, newest first."""

    def restore_kept(self, kept: str, *, keep_as: str, progress: Progress) -> None:
        """Put a kept database back in place, compared with what it held; what was there is kept as `keep_as`.

        May be run again after having been cut off anywhere. The name `kept` is free afterwards.
        """

    def restored_kept(self, kept: str, *, keep_as: str) -> bool:
        """Whether `restore_kept` with these arguments has come to its end."""

    def take_back(self, kept: str, *, keep_as: str, progress: Progress) -> bool:
        """Take back a restore that keeps, or was about to keep, the database as `kept`, complete or cut off anywhere.

        What it had put in place is kept as `keep_as`. False when there was nothing to take back.
        """

    def forget(self, kept: str) -> None:
        """Drop a kept database for good."""

    def remove(self, backup: str) -> None:
        """Remove a backup for good."""

    def can_restore(self) -> None:
        """Prove that databases may be created for a restore, and that a scratch server can be run.

        Raises:
            WorkflowError: "database-admin-missing", "mariadb-server-missing" or "scratch-path-too-long", with what mends it.
        """

    def room_needed(self) -> int:
        """Bytes a dump and its test restore may need at the most."""
