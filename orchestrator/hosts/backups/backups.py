"""Restore points of OpenEMM's database: dumped, proven by a test restore, put back beside what is there (DESIGN 3.9)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.files import fsync_folder, make_folder
from orchestrator.hosts.backups import dump, kept, manifest, outside_keys, proving, swap
from orchestrator.hosts.backups.keeping import Keeping
from orchestrator.hosts.backups.manifest import DUMP, MANIFEST, BackupError, Manifest
from orchestrator.hosts.backups.room import full_disk_told, require_room, restore_room
from orchestrator.hosts.database import accounts, inventory, pinned
from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.faults import told
from orchestrator.hosts.database.inventory import MARK_TABLE, Inventory
from orchestrator.hosts.scratch.scratch import require_short
from orchestrator.places import see_files, see_folder
from orchestrator.settings import Settings
from workflows.host.backups import Backup, KeptDatabase, Progress
from workflows.model.errors import UsageError

_OPTION_FILES = ".client-*"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class RealBackups:
    """The backups below `settings.backups`, a folder each with dump.sql.zst and manifest.json, 0600 (workflows.host.Backups)."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is touched yet."""
        self._settings = settings
        self._root = settings.backups

    # --- making and proving -------------------------------------------------------------------------------------------

    def create(
        self, backup: str, release: str, *, quiesced: bool, checkpoint: Mapping[str, object], progress: Progress
    ) -> Backup:
        """Dump the database under this id. One that is complete is returned as it is, one that was cut off is made anew.

        Not quiesced: tables whose counts differ between two snapshots, just before and just after that of the dump, are listed
        as moved; all others must be equal when it is verified.

        Raises:
            BackupError: "backup-exists" for another release or kind, "database-not-quiesced" when rows moved although nothing
                should write, "dump-failed", "dump-stalled", "backup-incomplete", "backup-in-use", "foreign-key-outward".
            PlaceError: others could write where backups are kept.
            RoomError: "no-room-for-backup", before or while it is written.
            DatabaseError, DbcfgError: the database cannot be reached.
        """
        folder = self._folder(backup)
        see_folder(self._root)
        make_folder(folder, 0o700)
        see_files(folder)
        with self._locked(folder), told(f"back up the database as {backup}"):
            if existing := self._complete(folder):
                return _same(existing, release, quiesced=quiesced).backup(folder)
            account, database = accounts.application(self._settings)
            with account.connect(database) as connection, full_disk_told(folder, "the dump"):
                outside_keys.refuse_outward(connection, database)
                require_room(self._root, inventory.database_size(connection, database), "the dump")
                (folder / MANIFEST).unlink(missing_ok=True)  # never beside a dump that is not its own
                written, before, after = self._dump(account, connection, database, folder, progress)
                moved = _moved(before, after, quiesced=quiesced)
                character_set, collation = swap.character_set(connection, database)
                made = Manifest(
                    id=backup, release=release, created=datetime.now(UTC), database=database,
                    server=inventory.server_version(connection), character_set=character_set, collation=collation, dump=written,
                    versions=tuple(sorted(before.versions)), rows=before.rows, objects=tuple(sorted(before.objects)),
                    moved=tuple(moved), quiesced=quiesced, checkpoint=checkpoint,
                )  # fmt: skip
                manifest.write(folder, made)
        return made.backup(folder)

    def _dump(
        self, account: accounts.Account, connection: Connection, database: str, folder: Path, progress: Progress
    ) -> tuple[manifest.DumpFacts, Inventory, Inventory]:
        """The dump, and what two snapshots around its own held. They are counted behind it, so that the bracket is tight."""
        views = [name for kind, name in inventory.objects(connection, database) if kind == "view"]
        source = dump.Source(account, database, views, [MARK_TABLE])
        with account.connect(database) as first, account.connect(database) as second:
            _begin_snapshot(first)
            written = dump.write(source, folder / DUMP, progress=progress, snapshot_taken=lambda: _begin_snapshot(second))
            return written, inventory.take(first, database), inventory.take(second, database)

    def verify(self, backup: str, progress: Progress) -> Backup:
        """Restore into an empty scratch server and compare rows, version set and objects; the proof goes into the manifest.

        A backup that was proven before and fails now is no longer proven.

        Raises:
            BackupError: "backup-corrupt", "backup-incomplete", "backup-does-not-restore", "backup-differs",
                "backup-unverifiable", "backup-not-found", "backup-in-use".
            RoomError: no room for the test restore.
        """
        folder = self._existing(backup)
        with self._locked(folder), told(f"verify backup {backup}"):
            made = manifest.read(folder)
            try:
                dump.check(folder / DUMP, made.dump)
                proven = proving.prove(self._settings.scratch, folder, made, progress)
            except BackupError:
                if made.verified:
                    manifest.write(folder, made.model_copy(update={"verified": None}))
                raise
            manifest.write(folder, proven)
        return proven.backup(folder)

    # --- finding ------------------------------------------------------------------------------------------------------

    def find(self, backup: str) -> Backup | None:
        """The backup, when dump and manifest are there and the dump has its size; its digest is for `verify`."""
        folder = self._folder(backup)
        found = self._complete(folder)
        return found.backup(folder) if found else None

    def list(self) -> Sequence[Backup]:
        """All backups, newest first; one that cannot be judged has no `verified`, and says why as proof["unverifiable"]."""
        if not self._root.is_dir():
            return []
        folders = [path for path in self._root.iterdir() if path.is_dir() and _ID.fullmatch(path.name)]
        return sorted((_listed(folder) for folder in folders), key=lambda backup: backup.created, reverse=True)

    def room_needed(self) -> int:
        """Bytes a dump and its test restore may need at the most, were they on one file system."""
        account, database = accounts.application(self._settings)
        with account.connect(database) as connection, told("ask for the size of the database"):
            size = inventory.database_size(connection, database)
        return size + restore_room(size)

    # --- putting back -------------------------------------------------------------------------------------------------

    def can_restore(self) -> None:
        """See that there is an account that may restore, a place for a test restore, and no foreign key in its way.

        Raises:
            AdminMissingError: "database-admin-missing" with how to set one.
            RefusedError: "scratch-path-too-long".
            BackupError: "foreign-key-outward".
        """
        accounts.check_admin(self._settings)
        require_short(self._settings.scratch)
        account, database = accounts.application(self._settings)
        with account.connect(database) as connection, told("look for foreign keys between databases"):
            outside_keys.refuse_outward(connection, database)
        dump.see_reaches(account, database)

    def restore(self, backup: str, *, keep_as: str, progress: Progress) -> None:
        """Put a proven dump in the place of the database; what was there is kept as database `keep_as` (swap.py).

        Run again it goes on where it was cut off, and does nothing when it has come to its end.

        Raises:
            BackupError: "backup-not-verified", "backup-of-another-database", "kept-database-exists", "swap-tables-missing", and
                those of `verify`.
            AdminMissingError: "database-admin-missing".
            DatabaseError: "database-busy" when something still uses a table.
        """
        folder = self._existing(backup)
        with self._locked(folder), told(f"restore backup {backup}"):
            made = manifest.read(folder)
            if made.verified is None:
                raise _not_verified(backup)
            account = accounts.check_admin(self._settings)
            own, database = accounts.application(self._settings)
            self._require_of(made)
            with account.connect() as connection:
                kept_name = kept.name(connection, keep_as, database)
                record = swap.read_record(folder, kept_name)
                if record is None:
                    record = kept.begin(connection, backup, database, kept_name)
                elif record.phase == "done":
                    kept.require_unchanged(connection, made, record)
                    return
                if record.phase == "load":
                    dump.check(folder / DUMP, made.dump)
                swap.Swap(accounts.Accounts(account, own, connection), folder, made, record).run(progress)

    def restored(self, backup: str, *, keep_as: str) -> bool:
        """Whether `restore` with these arguments has come to its end, and the database still holds what it put there."""
        folder = self._folder(backup)
        if not (folder / MANIFEST).exists():
            return False
        account = accounts.admin(self._settings)
        _, database = accounts.application(self._settings)
        with account.connect() as connection, told(f"see whether backup {backup} is restored"):
            record = swap.read_record(folder, kept.name(connection, keep_as, database))
            return record is not None and record.phase == "done" and not kept.changes(connection, manifest.read(folder), record)

    def check(self, backup: str) -> Backup:
        """See that it may be restored.

        Raises:
            BackupError: "backup-not-verified", "backup-corrupt", "backup-incomplete", "backup-unverifiable", "backup-not-found",
                "backup-of-another-database".
        """
        folder = self._existing(backup)
        made = manifest.read(folder)
        if made.verified is None:
            raise _not_verified(backup)
        self._require_of(made)
        dump.check(folder / DUMP, made.dump)
        return made.backup(folder)

    def _require_of(self, made: Manifest) -> None:
        """What is put in the place of a database must be of that database."""
        now = pinned.named(self._settings)
        first = pinned.naming(self._settings, {**now, "name": made.database}, now)
        if made.database.lower() != str(now["name"]).lower():
            raise BackupError(
                f"backup {made.id} is of database {made.database}, and dbcfg names {now['name']} now",
                key="backup-of-another-database", unharmed=["both databases: nothing was changed"],
                next=[f"{first}    if it is the first that is meant"],
            )  # fmt: skip

    def room_to_restore(self, backup: str) -> tuple[int, str | None]:
        """Bytes for the dump's tables with their indexes, and the folder of the server's data where it is on this host."""
        made = manifest.read(self._existing(backup))
        account, _ = accounts.application(self._settings)
        with account.connect() as connection, told("ask where the server keeps its data"):
            folder = inventory.column(connection, "SELECT @@datadir")[0]
        return 2 * made.dump.raw_size, folder if account.socket and Path(folder).is_dir() else None

    # --- kept databases -----------------------------------------------------------------------------------------------

    @property
    def _keeping(self) -> Keeping:
        return Keeping(self._settings)

    def kept(self) -> Sequence[KeptDatabase]:
        """See `Keeping.all`."""
        return self._keeping.all()

    def restore_kept(self, kept: str, *, keep_as: str, progress: Progress) -> None:
        """See `Keeping.put_back`."""
        self._keeping.put_back(kept, keep_as=keep_as, progress=progress)

    def restored_kept(self, kept: str, *, keep_as: str) -> bool:
        """See `Keeping.is_back`."""
        return self._keeping.is_back(kept, keep_as=keep_as)

    def take_back(self, kept: str, *, keep_as: str, progress: Progress) -> bool:
        """See `Keeping.take_back`."""
        return self._keeping.take_back(kept, keep_as=keep_as, progress=progress)

    def forget(self, kept: str) -> None:
        """See `Keeping.forget`."""
        self._keeping.forget(kept)

    def remove(self, backup: str) -> None:
        """Remove a backup: first its manifest, so that what a crash leaves counts for nothing.

        Raises:
            BackupError: "backup-needed" while a database is kept that cannot be put back without it, "backup-not-found".
        """
        folder = self._existing(backup)
        with self._locked(folder):
            if held := self._keeping.held_by(folder):
                raise BackupError(
                    f"cannot remove backup {backup}: database {held[0]} is kept, and its way back lies there",
                    key="backup-needed", unharmed=["nothing was removed"],
                    next=["orchestrate runs forget RUN    drops what that run kept for a way back"],
                )  # fmt: skip
            (folder / MANIFEST).unlink(missing_ok=True)
            fsync_folder(folder)
            shutil.rmtree(folder)
        fsync_folder(self._root)

    # --- folders ------------------------------------------------------------------------------------------------------

    def _folder(self, backup: str) -> Path:
        if not _ID.fullmatch(backup):
            raise UsageError(f"{backup!r} is no id of a backup; one looks like 7K3Q-hop1", key="backup-id-malformed")
        return self._root / backup

    def _existing(self, backup: str) -> Path:
        folder = self._folder(backup)
        if not folder.is_dir():
            raise BackupError(f"there is no backup {backup}", key="backup-not-found", next=["orchestrate backup list"])
        see_files(folder)
        return folder

    def _complete(self, folder: Path) -> Manifest | None:
        try:
            made = manifest.read(folder)
            return made if (folder / DUMP).stat().st_size == made.dump.size else None
        except (BackupError, FileNotFoundError):
            return None

    @contextlib.contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """One at a time; option files that version 0.1.0 left behind when it was killed are removed."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(
                    f"backup {folder.name} is in use by another command", key="backup-in-use", next=["orchestrate watch"]
                ) from None
            for left in folder.glob(_OPTION_FILES):
                left.unlink()
            yield
        finally:
            os.close(descriptor)


def _not_verified(backup: str) -> BackupError:
    return BackupError(
        f"backup {backup} has never been restored and compared, so it does not count",
        key="backup-not-verified",
        unharmed=["the database: nothing was changed"],
        next=[f"orchestrate backup verify {backup}"],
    )


def _begin_snapshot(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")


def _moved(before: Inventory, after: Inventory, *, quiesced: bool) -> list[str]:
    """Tables whose rows changed in number while the dump was taken; none may when nothing should write."""
    names = sorted(name for name in before.rows.keys() | after.rows.keys() if before.rows.get(name) != after.rows.get(name))
    if quiesced and names:
        raise BackupError(
            "the database was written to while it was dumped, although the application is stopped",
            key="database-not-quiesced",
            detail=[f"table {name}: {before.rows.get(name)} rows, then {after.rows.get(name)}" for name in names[:25]],
            next=["mariadb -e 'SHOW FULL PROCESSLIST'    who writes?"],
        )
    return names


def _same(existing: Manifest, release: str, *, quiesced: bool) -> Manifest:
    if (existing.release, existing.quiesced) != (release, quiesced):
        raise BackupError(
            f"there is a backup {existing.id} already, of release {existing.release}",
            key="backup-exists",
            next=["orchestrate backup list"],
        )
    return existing


def _listed(folder: Path) -> Backup:
    dumped = folder / DUMP
    made_at = datetime.fromtimestamp((dumped if dumped.exists() else folder).stat().st_mtime, UTC)
    try:
        made = manifest.read(folder)
    except BackupError as error:
        return manifest.broken(folder, made_at, error.message)
    if not dumped.exists() or dumped.stat().st_size != made.dump.size:
        return manifest.broken(folder, made.created, f"{DUMP} is not there, or not as long as it was written")
    return made.backup(folder)
