"""Put a dump in the place of a database, and keep what was there as a database of its own, cut off and resumed anywhere.

    load    the dump's tables into a temporary, empty database; compared
    save    the definitions of the present triggers, routines, events and views into a file
    move    all tables at once: the present ones into the kept database, the loaded ones into their place
    keep    the saved definitions into the kept database; events are switched off there, so that the copy stands still
    place   the dump's own definitions where they belong; compared
    tidy    the temporary database, empty by now, away

A phase is written down beside the dump before it begins; each bears being run again, because it looks at what is where. Nothing
is dropped but the temporary database and objects whose definitions are saved; tables are renamed; rights go by name and stay.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pymysql
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from orchestrator.files import read_small, write_atomic
from orchestrator.hosts.backups import definitions, dump, outside_keys
from orchestrator.hosts.backups.loader import drop, loader
from orchestrator.hosts.backups.manifest import DUMP, BackupError, Manifest
from orchestrator.hosts.backups.outside_keys import OutsideKey
from orchestrator.hosts.database import inventory
from orchestrator.hosts.database.accounts import Accounts, Connection
from orchestrator.hosts.database.faults import NO_SUCH_THREAD, errno_of
from orchestrator.hosts.database.inventory import Inventory, differences, quote
from state import faults
from workflows.host.backups import Progress

NAME_LIMIT = 64
LOCK_SECONDS = 60
GONE_SECONDS = 60.0
SHOWN = 24  # differences told in full
Phase = Literal["load", "save", "move", "keep", "place", "tidy", "done"]


class SwapRecord(BaseModel):
    """How far a restore has come.

    old, old_objects, new: tables and objects of the database as it was, tables of the dump; known from "move" on.
    not_kept: objects that the kept database could not take, because their definition names the other; the .sql file has them.
    old_rows, old_versions: what the database held as it was, so that it can be put back and compared. put_back: the kept
    database that this swap puts back (orchestrator.hosts.backups.swap_back); None when it restores the dump. outside: foreign
    keys of other databases onto this one, dropped for the time.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    backup: str
    database: str
    keep_as: str
    temporary: str
    phase: Phase = "load"
    old: list[str] = []
    old_objects: list[str] = []
    new: list[str] = []
    not_kept: list[str] = []
    old_rows: dict[str, int] = {}
    old_versions: list[str] = []
    put_back: str | None = None
    outside: list[OutsideKey] = []
    began: AwareDatetime
    ended: AwareDatetime | None = None


def record_path(folder: Path, keep_as: str) -> Path:
    """Where the record lies, beside the dump."""
    return folder / f"swap-{keep_as}.json"


def read_record(folder: Path, keep_as: str) -> SwapRecord | None:
    """The record of a restore of this backup that keeps the old database under that name; None when none began.

    Raises:
        BackupError: "swap-unreadable".
    """
    path = record_path(folder, keep_as)
    try:
        return SwapRecord.model_validate_json(read_small(path))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise BackupError(
            f"cannot go on with the restore of backup {folder.name}: its record {path} cannot be read",
            key="swap-unreadable",
            next=[f"ls -l {folder}", "mariadb -e 'SHOW DATABASES'    what is where"],
        ) from None


def temporary_name(database: str, keep_as: str) -> str:
    """The temporary database's name, within the server's limit."""
    ending = f"_restore_{hashlib.sha256(keep_as.encode()).hexdigest()[:8]}"
    return database[: NAME_LIMIT - len(ending)] + ending


@dataclass(frozen=True)
class Content:
    """What a swap puts in place. name: how errors call it. database: the name that its definitions were dumped under."""

    name: str
    character_set: str
    collation: str
    inventory: Inventory
    database: str


class Swap:
    """One restore of a dump; `orchestrator.hosts.backups.swap_back` puts a kept database back by the same phases."""

    def __init__(self, accounts: Accounts, folder: Path, manifest: Manifest, record: SwapRecord) -> None:
        """Take it up: as the administrator, in the backup's folder, with a new record or the one to go on with."""
        self._accounts = accounts
        self._connection = accounts.connection
        self._folder = folder
        self._manifest = manifest
        self._content = Content(
            f"backup {manifest.id}", manifest.character_set, manifest.collation, manifest.inventory(), manifest.database
        )
        self.record = record

    def run(self, progress: Progress) -> None:
        """Go through the phases that are left.

        Raises:
            BackupError: "backup-does-not-restore", "backup-differs", or "swap-tables-missing" when tables are nowhere.
            DatabaseError, pymysql errors: the server refused.
        """
        self._sql(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}")
        phases: list[tuple[Phase, Callable[[Progress], None]]] = [
            ("load", self._load), ("save", self._save), ("move", self._move), ("keep", self._keep), ("place", self._place),
            ("tidy", self._tidy),
        ]  # fmt: skip
        names: list[Phase] = [*(name for name, _ in phases), "done"]
        for number, (name, act) in enumerate(phases):
            if names.index(self.record.phase) > number:
                continue
            self._write(name)
            act(progress)
        self.record.ended = datetime.now(UTC)
        self._write("done")

    def _write(self, phase: Phase) -> None:
        faults.place("swap")
        self.record.phase = phase
        write_atomic(record_path(self._folder, self.record.keep_as), self.record.model_dump_json(indent=2) + "\n", mode=0o600)
        faults.place("swap")

    # --- the phases ---------------------------------------------------------------------------------------------------

    def _load(self, progress: Progress) -> None:
        temporary, manifest = self.record.temporary, self._manifest
        self._end_connections(temporary)
        drop_temporary(self._connection, temporary)
        self._create(temporary, manifest.character_set, manifest.collation)
        faults.place("swap")
        sql = told(dump.read(self._folder / DUMP, 0, manifest.dump.objects_at), progress, manifest.dump.raw_size)
        with loader(self._accounts.admin, self._connection, temporary) as account:
            dump.load(account, temporary, sql)
        faults.place("swap")
        expected = manifest.inventory()
        found = inventory.take(self._connection, temporary)
        require_equal(f"backup {manifest.id}", Inventory(expected.rows, expected.versions, frozenset()), found)

    def _save(self, progress: Progress) -> None:
        del progress
        database = self.record.database
        objects = inventory.objects(self._connection, database)
        there = exists(self._connection, database)
        held = definitions.read(self._accounts.admin, database) if there else definitions.Definitions("none", ())
        write_atomic(self._definitions, definitions.text(held), mode=0o600)
        self.record.old_objects = [f"{kind} {name}" for kind, name in objects]
        self.record.old = inventory.tables(self._connection, database)
        content = inventory.take(self._connection, database)
        self.record.old_rows, self.record.old_versions = dict(content.rows), sorted(content.versions)
        self.record.outside = outside_keys.onto(self._connection, database)
        self._tell_new()

    def _tell_new(self) -> None:
        self.record.new = inventory.tables(self._connection, self.record.temporary)

    def _move(self, progress: Progress) -> None:
        del progress
        database, kept, temporary = self.record.database, self.record.keep_as, self.record.temporary
        self._create(database, self._content.character_set, self._content.collation)
        self._create(kept, *character_set(self._connection, database))
        faults.place("swap")
        self._clear(database)
        in_database, in_kept, in_temporary = (
            set(inventory.tables(self._connection, name)) for name in (database, kept, temporary)
        )
        away = [table for table in self.record.old if table not in in_kept]
        into = [table for table in self.record.new if table in in_temporary]
        lost = [table for table in away if table not in in_database]
        lost += [table for table in self.record.new if table not in in_temporary | in_database]
        if lost:
            raise BackupError(
                f"cannot put {self._content.name} in place: tables are not in {database}, {kept} or {temporary}",
                key="swap-tables-missing", detail=lost[:25], unharmed=[f"the dump in {self._folder}"],
                next=["mariadb -e 'SHOW DATABASES'    has somebody moved tables by hand?"],
            )  # fmt: skip
        outside_keys.drop(self._connection, self.record.outside)
        moves = [(database, kept, table) for table in away] + [(temporary, database, table) for table in into]
        faults.place("swap")
        if moves:
            self._sql("RENAME TABLE " + ", ".join(f"{quote(a)}.{quote(t)} TO {quote(b)}.{quote(t)}" for a, b, t in moves))

    def _keep(self, progress: Progress) -> None:
        del progress
        kept = self.record.keep_as
        self._clear(kept)
        faults.place("swap")
        # what is refused stays in the file: it may name the database it came from, and the restore must not end there
        if (held := definitions.parsed(self._definitions.read_bytes())) is not None:
            definitions.make(self._accounts.admin, kept, held.each)
        faults.place("swap")
        self._still(kept)
        there = {f"{kind} {name}" for kind, name in inventory.objects(self._connection, kept)}
        self.record.not_kept = [name for name in self.record.old_objects if name not in there]

    def _place(self, progress: Progress) -> None:
        database, content = self.record.database, self._content
        self._clear(database)
        faults.place("swap")
        self._sql(f"ALTER DATABASE {quote(database)} CHARACTER SET {content.character_set} COLLATE {content.collation}")
        dump.load_objects(self._objects(), database, content.database, self._accounts)
        faults.place("swap")
        require_equal(content.name, content.inventory, inventory.take(self._connection, database))
        outside_keys.make(self._connection, self.record.outside)
        progress(1, 1)

    def _tidy(self, progress: Progress) -> None:
        del progress
        temporary = self.record.temporary
        if left := inventory.tables(self._connection, temporary):
            raise BackupError(
                f"cannot drop the temporary database {temporary}: it still holds tables",
                key="swap-tables-missing",
                detail=left[:25],
            )
        drop_temporary(self._connection, temporary)

    # --- the server ---------------------------------------------------------------------------------------------------

    @property
    def _definitions(self) -> Path:
        return record_path(self._folder, self.record.keep_as).with_suffix(".sql")

    def _objects(self) -> bytes:
        """The dump's second text."""
        return b"".join(dump.read(self._folder / DUMP, self._manifest.dump.objects_at))

    def _sql(self, statement: str, *values: object) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)

    def _create(self, database: str, character_set: str, collation: str) -> None:
        if not exists(self._connection, database):
            self._sql(creation(database, character_set, collation))

    def _clear(self, database: str) -> None:
        """Drop the shells of objects: their definitions are saved, tables and rows are not touched."""
        for kind, name in inventory.objects(self._connection, database):
            if kind.startswith("package"):
                self._sql("SET SESSION sql_mode = 'ORACLE'")  # an unknown word in any other
            self._sql(f"DROP {kind.upper()} IF EXISTS {quote(database)}.{quote(name)}")
            self._sql("SET SESSION sql_mode = DEFAULT")
            faults.place("swap")

    def _still(self, database: str) -> None:
        """Switch events off; their definer stays."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT EVENT_NAME, DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s AND STATUS = 'ENABLED'",
                (database,),
            )
            events = cursor.fetchall()
        for name, definer in events:
            user, _, host = str(definer).rpartition("@")
            self._sql(f"ALTER DEFINER = {quote(user)}@{quote(host)} EVENT {quote(database)}.{quote(str(name))} DISABLE")

    def _end_connections(self, database: str) -> None:
        """End a client that an earlier, cut off attempt left behind in the temporary database, and see it gone."""
        deadline = time.monotonic() + GONE_SECONDS
        sql = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = %s AND ID <> CONNECTION_ID()"
        while left := inventory.column(self._connection, sql, database):
            for number in left:
                self._kill(int(number))
            if time.monotonic() > deadline:
                raise BackupError(
                    f"cannot use database {database}: connections {', '.join(left)} do not end", key="database-busy"
                )
            time.sleep(0.05)

    def _kill(self, number: int) -> None:
        try:
            self._sql(f"KILL CONNECTION {number}")
        except pymysql.err.MySQLError as error:
            if errno_of(error) != NO_SUCH_THREAD:
                raise


def drop_temporary(connection: Connection, temporary: str) -> None:
    """Drop the temporary database, and the account that loads it."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quote(temporary)}")
    drop(connection, temporary)


def creation(database: str, character_set: str, collation: str) -> str:
    """The statement that makes a database."""
    return f"CREATE DATABASE {quote(database)} CHARACTER SET {character_set} COLLATE {collation}"


def exists(connection: Connection, database: str) -> bool:
    """Whether there is a database of that name."""
    return bool(
        inventory.column(connection, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", database)
    )


def character_set(connection: Connection, database: str) -> tuple[str, str]:
    """A database's default character set and collation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s",
            (database,),
        )
        row = cursor.fetchone()
    if row is None:
        raise BackupError(f"there is no database {database}", key="database-missing")
    return str(row[0]), str(row[1])


def require_equal(what: str, expected: Inventory, found: Inventory, *, except_rows_of: Sequence[str] = ()) -> None:
    """See that a restored database holds what the dump should.

    Raises:
        BackupError: "backup-differs" with what differs, both values each.
    """
    lines = differences(expected, found, except_rows_of=except_rows_of)
    if lines:
        raise BackupError(
            f"{what} does not hold what the database held: {lines[0]}",
            key="backup-differs",
            detail=[*lines[:SHOWN], *([f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])],
            next=["orchestrate backup create    a new one"],
        )


def told(chunks: Iterable[bytes], progress: Progress, total: int) -> Iterator[bytes]:
    """The same pieces, progress being told."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        progress(done, total)
