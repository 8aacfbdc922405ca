"""What the ledger costs: appends, a full verify and `history --at`, beside a bare SQLite insert and a bare SHA-256 loop. One run.

Usage: python benchmarks/ledger.py [--entries N] [--folder DIR]
All entries are written to one SQLite store in large transactions; single appends
(one durable transaction each, as a run makes them) are measured apart. Memory is the peak of this process.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from state.chain import EntryDraft
from state.ledger import Ledger
from state.store import Store

ACTOR = {"uid": 0, "user": "root", "sudo_user": "admin", "tty": "/dev/pts/0", "reason": "benchmark"}
KINDS = ("run-started", "component-version", "component-version", "component-version", "component-version", "hop-proven",
         "backup-verified", "run-completed")  # fmt: skip
COMPONENTS = (None, "runtime", "frontend", "backend", "manual", "frontend", "database", None)
BATCH = 5000
SINGLE = 300


def draft(number: int) -> EntryDraft:
    """Entries as an upgrade writes them, half of them changes of a version."""
    kind, component = KINDS[number % 8], COMPONENTS[number % 8]
    evidence = {"seconds": number % 97 / 7, "sha256": f"{number:064x}", "rows_total": number}
    return EntryDraft(kind, component, "20.04.000.200", "20.10.000.152", evidence, run=f"R{number // 32:06d}")


def fill(ledger: Ledger, count: int) -> float:
    """Entries per second, in large transactions."""
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        ledger.append([draft(n) for n in range(start, min(start + BATCH, count))], actor=ACTOR)
    return count / (time.perf_counter() - began)


def singles(ledger: Ledger) -> float:
    """Appends per second, each a durable transaction of its own."""
    began = time.perf_counter()
    for number in range(SINGLE):
        ledger.append([draft(number)], actor=ACTOR)
    return SINGLE / (time.perf_counter() - began)


def bare_inserts(path: Path, count: int) -> tuple[float, float]:
    """Rows of the same size in bare SQLite: per second in large transactions, and each in a durable one of its own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE bare (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    body = "x" * 620
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bare (body) VALUES (?)", ((body,) for _ in range(min(BATCH, count - start))))
        connection.execute("COMMIT")
    many = count / (time.perf_counter() - began)
    began = time.perf_counter()
    for _ in range(SINGLE):
        connection.execute("INSERT INTO bare (body) VALUES (?)", (body,))
    one = SINGLE / (time.perf_counter() - began)
    connection.close()
    return many, one


def bare_hashes(count: int) -> tuple[float, float]:
    """Seconds, and seconds of CPU, to hash as many texts of an entry's size, each chained to the one before."""
    began, cpu = time.perf_counter(), time.process_time()
    prev = "0" * 64
    body = b"x" * 520
    for _ in range(count):
        prev = hashlib.sha256(prev.encode() + body).hexdigest()
    return time.perf_counter() - began, time.process_time() - cpu


def main() -> None:
    """Fill, then measure in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie; decides the disk")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        many, one = bare_inserts(folder / "bare.db", options.entries)
        with Store.open(folder / "state.db", tool_version="0.1.0") as store:
            ledger = store.ledger("bench")
            filled = fill(ledger, options.entries)
            single = singles(ledger)
        hashes, hashes_cpu = bare_hashes(options.entries)
        with Store.open(folder / "state.db", tool_version="0.1.0", readonly=True) as store:
            ledger = store.ledger("bench")
            first, head = next(ledger.entries()).time, ledger.head()
            assert head is not None
            before = peak()
            began, cpu = time.perf_counter(), time.process_time()
            verdict = ledger.verify(head)
            verified, cpu = time.perf_counter() - began, time.process_time() - cpu
            grown = peak() - before
            if verdict.problem or verdict.entries != options.entries + SINGLE + 1:
                raise SystemExit(f"the ledger is not sound: {verdict}")
            chance, asked = random.Random(1), []
            for _ in range(200):
                at = first + timedelta(seconds=chance.random() * (head.time - first).total_seconds())
                began = time.perf_counter()
                ledger.active_at(at)
                asked.append(1e3 * (time.perf_counter() - began))
        size = (folder / "state.db").stat().st_size / options.entries
    print(f"{options.entries} entries, {size:.0f} bytes each with the indexes")
    print(f"append, {BATCH} a transaction       {filled:10.0f} /s    bare SQLite insert {many:10.0f} /s")
    print(f"append, one a durable transaction {single:8.0f} /s    bare SQLite insert {one:10.0f} /s")
    print(f"verify, elapsed                   {verified:8.1f} s     bare SHA-256 chain {hashes:10.1f} s")
    print(f"verify, of one CPU                {cpu:8.1f} s     bare SHA-256 chain {hashes_cpu:10.1f} s")
    print(f"verify, memory on top of {before:.0f} MB     {grown:8.1f} MB")
    print(f"history --at, median of {len(asked)}       {statistics.median(asked):8.2f} ms    worst {max(asked):.2f} ms")


def peak() -> float:
    """The most memory this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
