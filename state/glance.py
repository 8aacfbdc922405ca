"""A quick look at an SQLite store with the standard library alone: SQLAlchemy takes longer to import than `status` may take."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_OPEN = "SELECT id, workflow, state FROM runs WHERE site = ? ORDER BY number DESC"
_BACKUP = "SELECT time FROM ledger WHERE site = ? AND kind = ? ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True)
class OpenRun:
    """A run that has not ended."""

    id: str
    workflow: str
    state: str


@dataclass(frozen=True)
class Glance:
    """What a status line needs. last_backup: when a dump was last proven to restore, as the ledger has it."""

    open_run: OpenRun | None
    last_backup: datetime | None


def glance(path: Path, site: str, ended: Collection[str]) -> Glance | None:
    """Look at a store; nothing is created, migrated or locked.

    Args:
        path: the SQLite file.
        site: the site's name.
        ended: the states of runs that are over.

    Returns:
        None when there is no store yet.

    Raises:
        sqlite3.Error: it cannot be read, or is of another version.
    """
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
        rows = connection.execute(_OPEN, (site,))
        open_run = next((OpenRun(*row) for row in rows if row[2] not in ended), None)
        backup = connection.execute(_BACKUP, (site, "backup-verified")).fetchone()
    return Glance(open_run, datetime.fromisoformat(backup[0]) if backup else None)
