"""The real process is killed in the middle of a rollback, a roll forward and a switch, resumed or taken back, and compared.

CI runs a seeded sample. All points: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/crash/test_rollback_killed.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash.bench import Bench
from tests.crash.matrix import Report, run_matrix

pytestmark = [pytest.mark.crash, pytest.mark.timeout(10 * 3600)]
ROLLBACK = ("rollback", "--to", "20.04", "--yes")
FORWARD = ("rollback", "--to", "20.10", "--yes")
SWITCH = ("switch", "runtime", "19.10", "--yes")
HOST = ("links", "files", "database")  # the ledger has grown
FILES = ("links", "files")  # a start of another runtime is a row of release_log_tbl, which no switch takes away (facts 6)
WORKERS = 2


def on_all(benches: list[Bench], *command: str) -> None:
    """Run the command on every host, and let that be where each begins from now on."""

    def work(bench: Bench) -> None:
        bench.reset()
        bench.run(*command)
        bench.keep()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, benches))


@pytest.fixture(scope="module")
def benches(open_folder: Path) -> Iterator[list[Bench]]:
    """Hosts on 20.10, a worker each."""
    made = [Bench(open_folder / f"back{number}") for number in range(WORKERS)]
    try:
        on_all(made, "upgrade", "--to", "20.10", "--yes")
        yield made
    finally:
        for bench in made:
            bench.stop()


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[str, Report], None]:
    def tell(what: str, report: Report) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{what}: {report}\n")
        assert not report.wrong, "\n\n".join(report.wrong[:3])

    return tell


def test_a_rollback_resumes_to_the_same_end(benches: list[Bench], told: Callable[[str, Report], None]) -> None:
    report = run_matrix(benches, ROLLBACK, 3)
    told("rollback", report)
    assert report.points > 30


def test_a_rollback_taken_back_leaves_the_host_as_it_was(benches: list[Bench], told: Callable[[str, Report], None]) -> None:
    told("rollback, aborted", run_matrix(benches, ROLLBACK, 1, back=HOST))


def test_a_switch_resumes_to_the_same_end(benches: list[Bench], told: Callable[[str, Report], None]) -> None:
    told("switch", run_matrix(benches, SWITCH, 1))


def test_a_switch_taken_back_leaves_the_host_as_it_was(benches: list[Bench], told: Callable[[str, Report], None]) -> None:
    told("switch, aborted", run_matrix(benches, SWITCH, 1, back=FILES))


def test_a_roll_forward_resumes_to_the_same_end(benches: list[Bench], told: Callable[[str, Report], None]) -> None:
    on_all(benches, *ROLLBACK)
    told("roll forward", run_matrix(benches, FORWARD, 1))
    told("roll forward, aborted", run_matrix(benches, FORWARD, 1, back=HOST))
