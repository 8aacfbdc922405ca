"""Put a kept database back in place of the present one: a restore taken back, or a rollback rolled back (DESIGN 4).

The phases are those of `swap.py`, without a dump: the tables come out of the kept database, and the definitions
that cannot be renamed come from the file that was saved before it was kept. The restore that made it may have been cut off
anywhere: what has moved goes back, what has not stays.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestrator.hosts.backups import swap
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.backups.swap import Content, Swap, SwapRecord, record_path
from orchestrator.hosts.database import inventory
from orchestrator.hosts.database.accounts import Accounts, Connection
from orchestrator.hosts.database.inventory import Inventory, quote
from state import faults
from workflows.host.backups import Progress


class SwapBack(Swap):
    """One kept database put back."""

    def __init__(self, accounts: Accounts, folder: Path, made: SwapRecord, record: SwapRecord) -> None:
        """Take it up. made: the record of the swap that keeps the database; record: of this one, new or to go on with."""
        self._accounts = accounts
        self._connection = connection = accounts.connection
        self._folder = folder
        self._made = made
        held = Inventory(made.old_rows, frozenset(made.old_versions), frozenset(made.old_objects))
        of = made.keep_as if swap.exists(connection, made.keep_as) else made.database
        self._content = Content(f"database {made.keep_as}", *swap.character_set(connection, of), held, made.database)
        self.record = record

    def _load(self, progress: Progress) -> None:
        del progress

    def _save(self, progress: Progress) -> None:
        if self._made.phase == "done":  # seen to be what was kept, before anything moves
            held, found = self._content.inventory, inventory.take(self._connection, self.record.temporary)
            nothing: frozenset[str] = frozenset()
            expected = Inventory(held.rows, held.versions, nothing)
            swap.require_equal(self._content.name, expected, Inventory(found.rows, found.versions, nothing))
        super()._save(progress)
        there = set(inventory.tables(self._connection, self.record.temporary))
        stayed = {table for table in self._made.old if table not in there}
        self.record.old = [table for table in self.record.old if table not in stayed]
        self.record.old_rows = {table: rows for table, rows in self.record.old_rows.items() if table not in stayed}
        self.record.new = [table for table in self._made.old if table in there]
        self.record.outside = list(dict.fromkeys((*self._made.outside, *self.record.outside)))  # that one may have dropped some

    def _move(self, progress: Progress) -> None:
        self._clear(self.record.temporary)  # a table with a trigger cannot be renamed into another database
        super()._move(progress)

    def _keep(self, progress: Progress) -> None:
        if self.record.old:
            super()._keep(progress)

    def _objects(self) -> bytes:
        return record_path(self._folder, self._made.keep_as).with_suffix(".sql").read_bytes()

    def _tidy(self, progress: Progress) -> None:
        super()._tidy(progress)
        if not self.record.old and not inventory.tables(self._connection, self.record.keep_as):
            self._sql(f"DROP DATABASE IF EXISTS {quote(self.record.keep_as)}")
        half = swap.temporary_name(self._made.database, self._made.keep_as)
        if not self._made.put_back:
            swap.drop_temporary(self._connection, half)  # what a restore that was cut off had loaded from its dump


def begin(connection: Connection, made: SwapRecord, keep_as: str) -> SwapRecord:
    """The record of a new swap back.

    Raises:
        BackupError: "kept-database-exists", or "kept-database-missing" when a finished restore's kept database is gone.
    """
    if made.phase == "done" and not swap.exists(connection, made.keep_as):
        raise BackupError(
            f"cannot put database {made.keep_as} back: there is none of that name any more",
            key="kept-database-missing",
            unharmed=["the database: nothing was changed"],
            next=["orchestrate backup list    a dump may still be there"],
        )
    if swap.exists(connection, keep_as):
        raise BackupError(
            f"cannot keep the present database as {keep_as}: there is a database of that name",
            key="kept-database-exists",
            unharmed=["the database, and the one that is kept: nothing was changed"],
            next=["mariadb -e 'SHOW DATABASES'"],
        )
    return SwapRecord(
        backup=made.backup, database=made.database, keep_as=keep_as, temporary=made.keep_as, phase="save",
        put_back=made.keep_as, began=datetime.now(UTC),
    )  # fmt: skip


def nothing_moved(connection: Connection, folder: Path, made: SwapRecord) -> bool:
    """Forget a restore that was cut off before it touched the database; False when it has touched it."""
    if made.phase not in {"load", "save"}:
        return False
    if not made.put_back:
        swap.drop_temporary(connection, made.temporary)
    faults.place("swap")
    path = record_path(folder, made.keep_as)
    path.with_suffix(".sql").unlink(missing_ok=True)
    path.unlink()
    return True
