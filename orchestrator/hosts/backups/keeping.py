"""The databases that restores replaced: found again, put back, and dropped when they are no longer wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from orchestrator.hosts.backups import swap, swap_back
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.backups.swap import SwapRecord, record_path
from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.accounts import Account, Accounts, Connection
from orchestrator.hosts.database.faults import told
from orchestrator.hosts.database.inventory import quote
from orchestrator.settings import Settings
from workflows.host.backups import KeptDatabase, Progress


class Keeping:
    """The kept databases of one site. The record of each lies beside the dump that took its place."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is touched yet."""
        self._settings = settings

    def all(self) -> list[KeptDatabase]:
        """Those that are there in full, newest first."""
        records = [record for folder in self._folders() for record in _records(folder) if record.phase == "done"]
        if not records:
            return []
        with self._connected() as (_, connection):
            there = [record for record in records if swap.exists(connection, record.keep_as)]
        found = [
            KeptDatabase(r.keep_as, r.backup, r.ended or r.began, frozenset(r.old_versions), dict(r.old_rows)) for r in there
        ]
        return sorted(found, key=lambda kept: kept.since, reverse=True)

    def held_by(self, folder: Path) -> list[str]:
        """The databases whose way back needs this backup's folder: kept ones, and those of swaps that have not ended."""
        records = _records(folder)
        if not records:
            return []
        with self._connected() as (_, connection):
            return [r.keep_as for r in records if r.phase != "done" or swap.exists(connection, r.keep_as)]

    def put_back(self, kept: str, *, keep_as: str, progress: Progress) -> None:
        """See `Backups.restore_kept`.

        Raises:
            BackupError: "kept-database-unknown", "kept-database-missing", "kept-database-exists", "backup-differs",
                "swap-tables-missing".
        """
        if not self.is_back(kept, keep_as=keep_as):
            folder, made = self._record(kept)
            with self._connected() as (admin, connection), told(f"put database {kept} back"):
                record = swap.read_record(folder, keep_as) or swap_back.begin(connection, made, keep_as)
                using = Accounts(admin, accounts.application(self._settings)[0], connection)
                swap_back.SwapBack(using, folder, made, record).run(progress)
        for folder in self._folders():
            _forget_record(folder, kept)

    def is_back(self, kept: str, *, keep_as: str) -> bool:
        """Whether `put_back` with these arguments has come to its end."""
        folder = next((folder for folder in self._folders() if record_path(folder, keep_as).exists()), None)
        record = swap.read_record(folder, keep_as) if folder else None
        return record is not None and record.put_back == kept and record.phase == "done"

    def take_back(self, kept: str, *, keep_as: str, progress: Progress) -> bool:
        """See `Backups.take_back`."""
        if self.is_back(kept, keep_as=keep_as):
            self.put_back(kept, keep_as=keep_as, progress=progress)
            return True
        if not any(record_path(folder, kept).exists() for folder in self._folders()):
            return False
        folder, made = self._record(kept)
        if swap.read_record(folder, keep_as) is None:
            with self._connected() as (_, connection):
                if swap_back.nothing_moved(connection, folder, made):
                    return False
        self.put_back(kept, keep_as=keep_as, progress=progress)
        return True

    def forget(self, kept: str) -> None:
        """Drop a kept database and its record; nothing there is no error.

        Raises:
            BackupError: "swap-unfinished" while a restore that keeps it, or puts it back, has not come to its end.
        """
        for folder in self._folders():
            for record in _records(folder):
                if kept in {record.keep_as, record.put_back} and record.phase != "done":
                    raise BackupError(
                        f"cannot drop database {kept}: a restore that uses it has not come to its end",
                        key="swap-unfinished", next=["orchestrate resume    go on with it"],
                    )  # fmt: skip
        for folder in self._folders():
            if not record_path(folder, kept).exists():
                continue
            with self._connected() as (_, connection), connection.cursor() as cursor, told(f"drop database {kept}"):
                cursor.execute(f"DROP DATABASE IF EXISTS {quote(kept)}")
            _forget_record(folder, kept)

    def _record(self, kept: str) -> tuple[Path, SwapRecord]:
        for folder in self._folders():
            if (record := swap.read_record(folder, kept)) is not None:
                return folder, record
        raise BackupError(
            f"nothing is known of a database kept as {kept}",
            key="kept-database-unknown", unharmed=["the database: nothing was changed"],
            next=["orchestrate rollback --plan    what a rollback would use"],
        )  # fmt: skip

    def _folders(self) -> list[Path]:
        root = self._settings.backups
        return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    @contextlib.contextmanager
    def _connected(self) -> Iterator[tuple[Account, Connection]]:
        account = accounts.check_admin(self._settings)
        with account.connect() as connection:
            yield account, connection


def _forget_record(folder: Path, kept: str) -> None:
    record_path(folder, kept).with_suffix(".sql").unlink(missing_ok=True)
    record_path(folder, kept).unlink(missing_ok=True)


def _records(folder: Path) -> list[SwapRecord]:
    names = [path.stem.removeprefix("swap-") for path in sorted(folder.glob("swap-*.json"))]
    return [record for name in names if (record := swap.read_record(folder, name)) is not None]
