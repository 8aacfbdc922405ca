"""A test restore: into an empty server of its own, compared, and gone (DESIGN 3.9)."""

from __future__ import annotations

import os
import pwd
import time
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.hosts.backups import dump, swap
from orchestrator.hosts.backups.loader import loader
from orchestrator.hosts.backups.manifest import DUMP, Manifest, Proof
from orchestrator.hosts.backups.room import require_room, restore_room
from orchestrator.hosts.database import inventory
from orchestrator.hosts.database.accounts import Account, Accounts
from orchestrator.hosts.database.inventory import Inventory
from orchestrator.hosts.scratch.scratch import scratch_server
from workflows.host.backups import Progress

SMALL = 64 << 20  # bytes of SQL up to which a test restore needs no large server


def prove(scratch: Path, folder: Path, made: Manifest, progress: Progress) -> Manifest:
    """Restore a dump and compare rows, version set and objects.

    Args:
        scratch: where the server may lie.
        folder: the backup's.
        made: its manifest.
        progress: told the bytes of SQL so far.

    Returns:
        the manifest with its proof.

    Raises:
        BackupError: "backup-does-not-restore" or "backup-differs".
        RoomError: no room for the test restore.
    """
    began = time.monotonic()
    dumped, path = made.dump, folder / DUMP
    require_room(scratch, restore_room(dumped.raw_size), "the test restore")
    with scratch_server(scratch, made.id, small=dumped.raw_size < SMALL) as server, server.connect() as connection:
        admin = Account(pwd.getpwuid(os.geteuid()).pw_name, "", server.socket)
        with connection.cursor() as cursor:
            cursor.execute(swap.creation(made.database, made.character_set, made.collation))
        with loader(admin, connection, made.database) as own:
            dump.load(own, made.database, swap.told(dump.read(path, 0, dumped.objects_at), progress, dumped.raw_size))
            using = Accounts(admin, own, connection)
            dump.load_objects(b"".join(dump.read(path, dumped.objects_at)), made.database, made.database, using)
        progress(dumped.raw_size, dumped.raw_size)
        found = inventory.take(connection, made.database)
        swap.require_equal(f"backup {made.id}", made.inventory(), found, except_rows_of=made.moved)
        proof = Proof(
            at=datetime.now(UTC), server=inventory.server_version(connection), seconds=round(time.monotonic() - began, 3),
            tables=len(found.rows), rows_total=sum(found.rows.values()), objects=len(found.objects),
        )  # fmt: skip
    # what the dump really holds of the tables that were being written to is known only now
    return made.model_copy(update={"verified": proof, "rows": _restored_rows(made, found)})


def _restored_rows(made: Manifest, found: Inventory) -> dict[str, int]:
    if not made.moved:
        return dict(made.rows)
    moved = {name.lower() for name in made.moved}
    still = {name: count for name, count in made.rows.items() if name.lower() not in moved}
    return still | {name: count for name, count in found.rows.items() if name.lower() in moved}
