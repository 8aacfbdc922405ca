"""The database a restore keeps: its name, and whether a restore may begin, go on, or has come to its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator.hosts.backups import swap
from orchestrator.hosts.backups.manifest import BackupError, Manifest
from orchestrator.hosts.backups.swap import SwapRecord
from orchestrator.hosts.database import inventory
from orchestrator.hosts.database.accounts import Connection
from workflows.model.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_SHOWN = 25  # lines of detail


def name(connection: Connection, keep_as: str, database: str) -> str:
    """The kept database's name as the server will have it.

    Raises:
        UsageError: "kept-name-malformed".
    """
    if not _NAME.fullmatch(keep_as) or keep_as.lower() == database.lower():
        raise UsageError(f"{keep_as!r} cannot be the name of the kept database", key="kept-name-malformed")
    folds = inventory.column(connection, "SELECT @@lower_case_table_names") != ["0"]
    return keep_as.lower() if folds else keep_as


def begin(connection: Connection, backup: str, database: str, kept: str) -> SwapRecord:
    """The record of a new restore.

    Raises:
        BackupError: "kept-database-exists" or "restore-database-exists".
    """
    if swap.exists(connection, kept):
        raise _exists(kept, "and it is not of this restore")
    temporary = swap.temporary_name(database, kept)
    if swap.exists(connection, temporary):
        raise BackupError(
            f"cannot restore backup {backup}: database {temporary}, which this would use, is there already",
            key="restore-database-exists",
            next=[f"mariadb -e 'SHOW TABLES IN {temporary}'    of a restore that was cut off? then it may be dropped"],
        )
    return SwapRecord(backup=backup, database=database, keep_as=kept, temporary=temporary, began=datetime.now(UTC))


def changes(connection: Connection, made: Manifest, record: SwapRecord) -> Sequence[str]:
    """What is no longer as a finished restore left it."""
    if not swap.exists(connection, record.keep_as):
        return [f"database {record.keep_as}: gone"]
    return inventory.differences(made.inventory(), inventory.take(connection, record.database))


def require_unchanged(connection: Connection, made: Manifest, record: SwapRecord) -> None:
    """See that all is still as a finished restore left it, so that restoring again means doing nothing.

    Raises:
        BackupError: "kept-database-missing" or "kept-database-exists".
    """
    if not swap.exists(connection, record.keep_as):
        raise BackupError(
            f"backup {made.id} was restored before, and the database kept as {record.keep_as} is gone since",
            key="kept-database-missing",
            next=[f"orchestrate backup restore {made.id}    as a new run, which keeps it under a name of its own"],
        )
    if found := changes(connection, made, record):
        raise _exists(record.keep_as, f"from an earlier restore of {made.id}, and the present one has changed since", found)


def _exists(kept: str, why: str, detail: Sequence[str] = ()) -> BackupError:
    return BackupError(
        f"cannot keep the present database as {kept}: there is a database of that name, {why}",
        key="kept-database-exists",
        detail=detail[:_SHOWN],
        unharmed=["the database, and the one that is kept: nothing was changed"],
        next=["mariadb -e 'SHOW DATABASES'", "orchestrate backup list"],
    )
