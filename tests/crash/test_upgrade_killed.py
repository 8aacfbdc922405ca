"""The real process is killed at every commit of the journal and around every SQL statement, resumed or aborted, and compared.

CI runs a seeded sample. All points: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/crash/test_upgrade_killed.py
and of the aborts alone, with -k aborted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.bench import Bench
from tests.crash.matrix import run_matrix

pytestmark = [pytest.mark.crash, pytest.mark.timeout(10 * 3600)]
UPGRADE = ("upgrade", "--to", "20.10", "--yes")
HOST = ("links", "files", "database")  # the ledger has grown
SAMPLE, ABORTED = 8, 2
WORKERS = 2


@pytest.fixture(scope="module")
def benches(open_folder: Path) -> Iterator[list[Bench]]:
    """A host a worker, each in a folder of its own."""
    made = [Bench(open_folder / f"bench{number}") for number in range(WORKERS)]
    yield made
    for bench in made:
        bench.stop()


def test_killed_at_any_point_an_upgrade_resumes_to_the_same_end(benches: list[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    report = run_matrix(benches, UPGRADE, SAMPLE)
    with capsys.disabled():
        sys.stdout.write(f"\nupgrade: {report}\n")
    assert report.points > 1000
    assert not report.wrong, "\n\n".join(report.wrong[:3])


def test_killed_at_any_point_and_aborted_an_upgrade_leaves_the_host_as_it_was(
    benches: list[Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_matrix(benches, UPGRADE, ABORTED, back=HOST)
    with capsys.disabled():
        sys.stdout.write(f"\nupgrade, aborted: {report}\n")
    assert not report.wrong, "\n\n".join(report.wrong[:3])
