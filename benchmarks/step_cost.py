"""What a durable step costs: our engine on SQLite and on MariaDB, beside a bare fsync and, when asked, DBOS. One run, one disk.

Usage: python benchmarks/step_cost.py [--steps N] [--rounds N] [--folder DIR] [--dbos PYTHON]
--dbos names a Python that has the package dbos; the peer then runs on a SQLite file in the same folder. Prints medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus
from state.store import Store
from workflows.model.step import Context, Done, StepDefaults

PEER = Path(__file__).parent / "peers" / "dbos_step.py"


class Nothing(StepDefaults):
    """A step that does nothing, so that only the engine's cost is left."""

    def __init__(self, number: int) -> None:
        self.name = self.title = f"step{number}"

    def do(self, ctx: Context) -> Done:
        """Nothing."""
        del ctx
        return Done()


def engine(target: Path | str, count: int, number: int) -> float:
    """Milliseconds per step of one run of `count` steps."""
    steps = [Nothing(i) for i in range(count)]
    with Store.open(target, tool_version="0.1.0") as store:
        record = store.journal.create(
            run_id=f"R{number:03d}", site="bench", workflow="bench", plan={}, options={}, actor={}, reason=None,
            tool_version="0.1.0", steps=[(step.name, step.title) for step in steps],
        )  # fmt: skip
        driver = Engine(record, steps, host=None, journal=store.journal, ledger=store.ledger("bench"), bus=Bus())
        began = time.perf_counter()
        done = driver.run()
        took = time.perf_counter() - began
    if done.state != "completed":
        raise SystemExit(f"the run is {done.state}")
    return 1e3 * took / count


def fsyncs(folder: Path, count: int) -> float:
    """Milliseconds of two writes of 4 KiB, each followed by an fsync: the least that two commits can cost."""
    with (folder / "fsync").open("wb") as file:
        began = time.perf_counter()
        for _ in range(2 * count):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return 1e3 * (time.perf_counter() - began) / count


def dbos(python: str, folder: Path, count: int) -> float:
    """Milliseconds per step of DBOS on SQLite."""
    out = subprocess.run([python, PEER, folder / "dbos.db", str(count)], check=True, capture_output=True, text=True)
    return float(out.stdout.split()[-1])


def main() -> None:
    """Measure in turn, round by round, so that a machine that drifts drifts for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie; decides the disk")
    parser.add_argument("--dbos", metavar="PYTHON", help="a Python that has dbos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = PrivateServer(folder / "mariadb", small=True)
        server.create()
        server.start()
        try:
            url = f"mysql+pymysql://root@localhost/state?unix_socket={server.socket}"
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE state")
            measures: dict[str, Callable[[int], float]] = {
                "two bare fsyncs": lambda _: fsyncs(folder, options.steps),
                "engine on SQLite": lambda n: engine(folder / "state.db", options.steps, n),
                "engine on MariaDB": lambda n: engine(url, options.steps, n),
            }
            if options.dbos:
                measures["DBOS on SQLite"] = lambda _: dbos(options.dbos, folder, options.steps)
            seen: dict[str, list[float]] = {name: [] for name in measures}
            for number in range(options.rounds):
                for what, measure in measures.items():
                    seen[what].append(measure(number))
        finally:
            server.stop()
    ours = statistics.median(seen["engine on SQLite"])
    print(f"{'':20} {'ms/step':>9} {'min':>8} {'max':>8}   against the engine on SQLite")
    for name, values in seen.items():
        median = statistics.median(values)
        print(f"{name:20} {median:9.3f} {min(values):8.3f} {max(values):8.3f}   {median / ours:.2f}")
    floor = statistics.median(seen["two bare fsyncs"])
    print(f"engine time beyond two fsyncs: {ours - floor:.3f} ms/step on SQLite")


if __name__ == "__main__":
    main()
