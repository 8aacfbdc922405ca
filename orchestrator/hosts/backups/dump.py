"""Dumps as streams: from the dump program through zstd into a file, and from the file into the client.

A dump is two texts, one behind the other in one file. The first is the dump program's: the tables and their rows, which can be
renamed from one database into another. The second holds what cannot: triggers, routines, events, views (definitions.py). So a
restore loads the tables beside, moves them into place, and only there makes the rest: nothing is ever made in the wrong database,
no event runs on half a restore, and `zstdcat dump.sql.zst | mariadb --binary-mode DATABASE` still restores all by hand.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import select
import shlex
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from orchestrator.command import PIPE, TAIL_LINES, Process, WaitedTooLongError, nobody, run, start, tail
from orchestrator.files import fsync_folder
from orchestrator.hosts.backups import definitions
from orchestrator.hosts.backups.manifest import BackupError, DumpFacts
from orchestrator.hosts.database.accounts import Account, Accounts
from orchestrator.hosts.scratch.private_server import find_program, let_in
from workflows.host.backups import Progress

DUMP_NAMES = ("mariadb-dump", "mysqldump")
CLIENT_NAMES = ("mariadb", "mysql")
CHUNK = 1 << 20
STALL_SECONDS = 900.0  # a dump that says nothing for so long waits for a lock that nobody gives back
LOAD_STALL_SECONDS = 4 * 3600.0  # no one statement of a dump takes that long; a server that no longer answers takes for ever
_TAIL = 256
_ERROR_BYTES = 16_384  # a client that fails prints the whole statement, rows and all
_SANDBOX_LINE = re.compile(rb"\A/\*M?!999999\\- enable the sandbox mode \*/[ \t]*\r?\n")
_COMMON = ("--default-character-set=utf8mb4", "--max-allowed-packet=1G", "--no-tablespaces", "--single-transaction", "--comments")


@dataclass(frozen=True)
class Source:
    """What to dump: a database, all of its tables but `skip`, and its views by name."""

    account: Account
    database: str
    views: Sequence[str]
    skip: Sequence[str] = ()


def rows(source: Source) -> Generator[bytes, None, None]:
    """The first pass: tables and rows, from one consistent snapshot."""
    ignored = [f"--ignore-table={source.database}.{name}" for name in (*source.views, *source.skip)]
    return _stream(source.account, ["--quick", "--hex-blob", "--skip-triggers", *ignored, "--", source.database])


def see_reaches(account: Account, database: str) -> None:
    """See that the dump program, as nobody, reaches the database: it dumps nothing.

    Raises:
        BackupError: as `write`.
    """
    try:
        for _ in _stream(account, ["--no-data", "--no-create-info", "--skip-triggers", "--", database]):
            pass
    except BackupError as error:
        if account.socket and not error.next:
            error.next = tuple(let_in(account.socket, "nobody"))
        raise


def write(source: Source, target: Path, *, progress: Progress, snapshot_taken: Callable[[], None]) -> DumpFacts:
    """Write both texts to `target`, 0600, durably; until it is complete it is called `target`.part.

    Args:
        source: what to dump.
        target: the file.
        progress: told the bytes of SQL so far.
        snapshot_taken: called once, soon after the dump program has begun its snapshot.

    Raises:
        BackupError: "dump-failed", "dump-stalled" or "backup-incomplete".
        OSError: the file cannot be written. The part is gone then.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            sink = _Sink(file)
            told = False
            with contextlib.closing(rows(source)) as stream:
                for chunk in stream:
                    sink.feed(chunk)
                    progress(sink.raw_size, None)
                    if not told and b"CREATE TABLE" in chunk:
                        told = True
                        snapshot_taken()
            if not told:
                snapshot_taken()
            objects_at = sink.raw_size
            sink.feed(definitions.text(definitions.read(source.account, source.database)))
            sink.close()
            progress(sink.raw_size, sink.raw_size)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    fsync_folder(target.parent)
    return DumpFacts(
        size=sink.size, sha256=sink.digest.hexdigest(), raw_size=sink.raw_size, objects_at=objects_at,
        seconds=round(time.monotonic() - began, 3),
    )  # fmt: skip


class _Sink:
    """Compresses into a file, with size and digest of what is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._compressor = zstandard.ZstdCompressor(threads=-1).compressobj()
        self.digest = hashlib.sha256()
        self.size = 0
        self.raw_size = 0

    def feed(self, chunk: bytes) -> None:
        self.raw_size += len(chunk)
        self._put(self._compressor.compress(chunk))

    def close(self) -> None:
        self._put(self._compressor.flush())

    def _put(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)
        self._file.write(data)


def check(path: Path, expected: DumpFacts) -> None:
    """See that the file is the one that was written, and that it holds the dump to its end.

    Raises:
        BackupError: "backup-corrupt" or "backup-incomplete".
    """
    backup = path.parent.name
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        raise BackupError(f"cannot use backup {backup}: there is no {path}", key="backup-corrupt", next=_next()) from None
    if digest.hexdigest() != expected.sha256:
        raise BackupError(
            f"cannot use backup {backup}: {path.name} is not the file that was written",
            key="backup-corrupt",
            detail=[
                f"sha256 now {digest.hexdigest()}",
                f"sha256 then {expected.sha256}",
                f"size now {path.stat().st_size}, then {expected.size}",
            ],
            next=_next(),
        )
    end, size = b"", 0
    for chunk in read(path):
        end = (end + chunk)[-_TAIL:]
        size += len(chunk)
    if size != expected.raw_size or not _complete(end):
        raise BackupError(
            f"cannot use backup {backup}: the dump ends before its end",
            key="backup-incomplete",
            detail=[
                f"{size} bytes of SQL, {expected.raw_size} expected; the last line must begin with {definitions.TRAILER.decode()}"
            ],
            next=_next(),
        )


def read(path: Path, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The SQL of a dump between two places in it.

    Raises:
        BackupError: "backup-corrupt" when it cannot be decompressed.
    """
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
            reader.seek(start)
            left = stop - start if stop is not None else None
            while chunk := reader.read(CHUNK if left is None else min(CHUNK, left)):
                yield chunk
                if left is not None:
                    left -= len(chunk)
    except zstandard.ZstdError as error:
        raise BackupError(
            f"cannot use backup {path.parent.name}: {path.name} cannot be decompressed: {error}",
            key="backup-corrupt",
            next=_next(),
        ) from None


def load(account: Account, database: str, sql: Iterable[bytes]) -> None:
    """Feed SQL to the client.

    Args:
        account: who runs it; never an administrator, for the client takes whatever the text makes it take.
        database: the default database.
        sql: the text in pieces.

    Raises:
        BackupError: "backup-does-not-restore" with the capped end of what the client said.
    """
    user = nobody()
    with account.option_file(user) as (options, file), tempfile.TemporaryFile() as errors:
        args = [
            find_program(CLIENT_NAMES), options, "--default-character-set=utf8mb4", "--max-allowed-packet=1G", "--batch",
            "--comments",  # else those within a routine are lost
            *_sandbox(), f"--database={database}",
        ]  # fmt: skip
        process = start(args, stdin=PIPE, stderr=errors, ends_with_us=True, user=user, reads=[file])
        cut = _feed(process, sql)
        try:
            exit_code = process.wait(LOAD_STALL_SECONDS)
        except WaitedTooLongError:
            process.kill()
            process.wait()
            raise _stalled() from None
        said = _said(errors)
    if exit_code or cut:
        raise _does_not_restore(database, said or ["the client ended early"], command=f"{_shown(args)}   exit {exit_code}")


def load_objects(sql: bytes, database: str, source: str, accounts: Accounts) -> None:
    """Make what the second text of a dump holds, and see that it is what it was.

    Args:
        sql: the text.
        database: where to.
        source: the database that it was taken from.
        accounts: the administrator makes each for its definer, a statement at a time; the application's own loads a text of
            version 0.1.0, which is for a client.

    Raises:
        BackupError: "backup-does-not-restore" or "backup-differs".
    """
    if (held := definitions.parsed(sql)) is None:
        load(accounts.own, database, [definitions.as_their_own(sql, source, database)])
        return
    if said := definitions.make(accounts.admin, database, held.each):
        raise _does_not_restore(database, said)
    if lines := held.differ(definitions.read(accounts.admin, database)):
        raise BackupError(f"the dump does not restore as it was: {lines[0]}", key="backup-differs", detail=lines[:TAIL_LINES])


def _does_not_restore(database: str, said: Sequence[str], command: str | None = None) -> BackupError:
    """The error of a dump that the server does not take. said: what it said, the last first in the headline."""
    return BackupError(
        f"cannot load the dump into database {database}: {said[-1][:200]}",
        key="backup-does-not-restore",
        command=command,
        detail=said,
        next=["orchestrate resume    once the database holds what can be restored; a new dump is taken"],
    )


def _feed(process: Process, sql: Iterable[bytes]) -> bool:
    """Write all; True when the client ended before it had read all. A client that is not fed to the end is killed.

    Raises:
        BackupError: "restore-stalled".
    """
    stdin = process.stdin
    if stdin is None:
        raise AssertionError("internal error: the client has no input")
    os.set_blocking(stdin.fileno(), False)
    try:
        for chunk in sql:
            _put(stdin.fileno(), memoryview(chunk))
    except BrokenPipeError:
        return True
    except BaseException:
        process.kill()  # first: at the end of its input a client runs the statement that it has half read
        process.wait()
        raise
    finally:
        stdin.close()
    return False


def _put(descriptor: int, left: memoryview) -> None:
    while left:
        if not select.select([], [descriptor], [], LOAD_STALL_SECONDS)[1]:
            raise _stalled()
        left = left[os.write(descriptor, left) :]


def _stalled() -> BackupError:
    return BackupError(
        f"the client took no more of the dump for {LOAD_STALL_SECONDS:.0f} s", key="restore-stalled",
        next=["mariadb -e 'SHOW FULL PROCESSLIST'    who holds the lock it waits for?"],
    )  # fmt: skip


def _stream(account: Account, args: Sequence[str]) -> Generator[bytes, None, None]:
    """What a dump program writes, without the line that puts a client into sandbox mode: older clients choke on it (facts 5.6).

    Our own client is put into that mode by its option instead.

    Raises:
        BackupError: "dump-failed", "dump-stalled", or "backup-incomplete" when the program ended well but its output did not.
    """
    user = nobody()
    with account.option_file(user) as (options, file), tempfile.TemporaryFile() as errors:
        command = [find_program(DUMP_NAMES), options, *_COMMON, *args]
        process = start(command, stdout=PIPE, stderr=errors, ends_with_us=True, user=user, reads=[file])
        end = b""
        try:
            for chunk in _chunks(process):
                yield chunk
                end = (end + chunk)[-_TAIL:]
            exit_code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        said = _said(errors)
    if exit_code:
        raise BackupError(
            f"cannot dump the database: {said[-1] if said else 'the dump program failed'}",
            key="dump-failed",
            command=f"{_shown(command)}   exit {exit_code}",
            detail=said,
        )
    if not _complete(end):
        raise BackupError(
            "cannot trust the dump: the dump program ended without an error, but also without its last line",
            key="backup-incomplete",
            command=f"{_shown(command)}   exit 0",
            detail=said,
        )


def _chunks(process: Process) -> Iterator[bytes]:
    if process.stdout is None:
        raise AssertionError("internal error: the dump program has no output")
    descriptor = process.stdout.fileno()
    first = True
    while True:
        if not select.select([descriptor], [], [], STALL_SECONDS)[0]:
            raise BackupError(
                f"the dump program wrote nothing for {STALL_SECONDS:.0f} s", key="dump-stalled",
                next=["mariadb -e 'SHOW FULL PROCESSLIST'    who holds the lock it waits for?"],
            )  # fmt: skip
        chunk = os.read(descriptor, CHUNK)
        if first and chunk.startswith(b"/*"):
            while b"\n" not in chunk and (more := os.read(descriptor, CHUNK)):
                chunk += more
            chunk = _SANDBOX_LINE.sub(b"", chunk)
            if not chunk:
                chunk = os.read(descriptor, CHUNK)
        first = False
        if not chunk:
            return
        yield chunk


def _complete(end: bytes) -> bool:
    lines = end.rstrip().splitlines()
    return bool(lines) and lines[-1].startswith(definitions.TRAILER)


@functools.cache
def _sandbox() -> tuple[str, ...]:
    """Keeps names in a hostile database from becoming commands of the client, where the client knows how."""
    known = run([find_program(CLIENT_NAMES), "--help"], timeout=30).stdout
    return ("--sandbox",) if "--sandbox" in known else ()


def _said(errors: BinaryIO) -> list[str]:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _ERROR_BYTES))
    return tail(errors.read().decode(errors="replace"))


def _shown(args: Sequence[str]) -> str:
    """A command for people: the option file is gone by then, and a list of ignored views is of no use."""
    return shlex.join(arg for arg in args if not arg.startswith(("--defaults-extra-file=", "--ignore-table=")))


def _next() -> list[str]:
    return ["orchestrate backup list      backups that can be used", "orchestrate backup create    a new one"]
