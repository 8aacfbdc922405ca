"""A quick look at an SQLite store with the standard library alone: SQLAlchemy takes longer to import than `status` may take."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from state.process import process_start
from state.texts import is_time

_OPEN = "SELECT id, workflow, state FROM runs WHERE site = ? ORDER BY number DESC"
_HOLDER = "SELECT pid, process_start FROM leases WHERE site = ?"
_BACKUP = "SELECT time FROM ledger WHERE site = ? AND kind = ? ORDER BY seq DESC LIMIT 1"
_VERSION = (
    "SELECT to_version, time, kind, seq FROM ledger WHERE site = ? AND kind = ? AND component = ? ORDER BY seq DESC LIMIT 1"
)
VERSION_KINDS = ("component-version", "drift-observed")


@dataclass(frozen=True)
class OpenRun:
    """A run that has not ended. driven: whether a process drives it; a state alone may be that of one that was killed."""

    id: str
    workflow: str
    state: str
    driven: bool


@dataclass(frozen=True)
class Known:
    """The version of a component that the ledger last saw, and since when. observed: it was found changed by hand."""

    version: str | None
    since: datetime
    observed: bool


@dataclass(frozen=True)
class Glance:
    """What a status line needs. last_backup: when a dump was last proven to restore, as the ledger has it.

    components: by name, what the ledger knows of those that were asked for.
    """

    open_run: OpenRun | None
    last_backup: datetime | None
    components: Mapping[str, Known] = field(default_factory=dict)


def glance(path: Path, site: str, ended: Collection[str], components: Collection[str] = ()) -> Glance | None:
    """Look at a store; nothing is created, migrated or locked.

    Args:
        path: the SQLite file.
        site: the site's name.
        ended: the states of runs that are over.
        components: whose versions are wanted.

    Returns:
        None when there is no store yet.

    Raises:
        sqlite3.Error: it cannot be read, or is of another version.
    """
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
        rows = connection.execute(_OPEN, (site,))
        found = next((row for row in rows if row[2] not in ended), None)
        open_run = None if found is None else OpenRun(found[0], found[1], found[2], _is_held(connection, site))
        backup = connection.execute(_BACKUP, (site, "backup-verified")).fetchone()
        known = {name: found for name in components if (found := _known(connection, site, name)) is not None}
    return Glance(open_run, _time(backup[0]) if backup else None, known)


def _is_held(connection: sqlite3.Connection, site: str) -> bool:
    row = connection.execute(_HOLDER, (site,)).fetchone()
    return row is not None and process_start(row[0]) == row[1]


def _known(connection: sqlite3.Connection, site: str, component: str) -> Known | None:
    rows = [connection.execute(_VERSION, (site, kind, component)).fetchone() for kind in VERSION_KINDS]
    rows = [row for row in rows if row and type(row[3]) is int and isinstance(row[0], str | None)]
    last = max(rows, key=lambda row: int(row[3]), default=None)
    since = _time(last[1]) if last else None
    return None if last is None or since is None else Known(last[0], since, last[2] == VERSION_KINDS[1])


def _time(text: str) -> datetime | None:
    """None where it was tampered with, which is told by `audit verify`."""
    return datetime.fromisoformat(text) if is_time(text) else None
