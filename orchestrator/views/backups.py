"""Backups, as they are told, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from orchestrator.upkeep.retention import Fate
from orchestrator.views.document import Count

if TYPE_CHECKING:
    from workflows.host import backups as host


@dataclass(frozen=True)
class Backup:
    """A dump of the database."""

    id: str
    path: str
    size: Count
    """Bytes."""
    sha256: str
    created: datetime
    release: str
    server: str
    seconds: float
    tables: Count
    rows: Count
    versions: Count
    verified: datetime | None
    """When it was last restored and compared; null: it does not count."""

    @classmethod
    def of(cls, backup: host.Backup) -> Backup:
        """The backup as it is told."""
        return cls(
            backup.id, backup.path, backup.size, backup.sha256, backup.created, backup.release, backup.server, backup.seconds,
            len(backup.rows), sum(backup.rows.values()), len(backup.versions), backup.verified,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BackupDone:
    """A backup that was made, or proven."""

    schema: Literal["orchestrate.backup-create/1", "orchestrate.backup-verify/1"]
    changed: bool
    backup: Backup


@dataclass(frozen=True, kw_only=True)
class Backups:
    """All backups of a site, newest first."""

    schema: Literal["orchestrate.backup-list/1"] = "orchestrate.backup-list/1"
    backups: tuple[Backup, ...]


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What was removed and kept, and why."""

    schema: Literal["orchestrate.backup-prune/1"] = "orchestrate.backup-prune/1"
    changed: bool
    """False when there was nothing to do."""
    fates: tuple[Fate, ...]
