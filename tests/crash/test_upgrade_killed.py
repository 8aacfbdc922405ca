"""The real process is killed at every commit of the journal and around every SQL statement, resumed, and compared.

CI runs a seeded sample. All points: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/crash/test_upgrade_killed.py -s
Another sample: ORCHESTRATE_CRASH=N:SEED (N points).
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash.bench import KILLED, Bench, Picture, differences

pytestmark = [pytest.mark.crash, pytest.mark.timeout(4 * 3600)]
UPGRADE = ("upgrade", "--to", "20.10", "--yes")
SAMPLE, SEED = 14, 20260101
WORKERS = 2
ROW = 4  # a statement that is journaled has a commit on either side


def chosen(points: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """All points, or a seeded sample of them."""
    wish = os.environ.get("ORCHESTRATE_CRASH", f"{SAMPLE}:{SEED}")
    if wish == "all":
        return points
    count, _, seed = wish.partition(":")
    return random.Random(int(seed or SEED)).sample(points, min(int(count), len(points)))


@pytest.fixture(scope="module")
def benches(open_folder: Path) -> Iterator[list[Bench]]:
    """A host a worker, each in a folder of its own."""
    made = [Bench(open_folder / f"bench{number}") for number in range(WORKERS)]
    yield made
    for bench in made:
        bench.stop()


def places_worth_a_cut(places: list[str]) -> list[tuple[str, int]]:
    """Every place, but of more than four statements in a row (one transaction: a file of messages) the ends and the middle."""
    points, counted = [], Counter[str]()
    for name, run in itertools.groupby(places):
        numbers = [counted[name] + number for number, _ in enumerate(run, start=1)]
        counted[name] += len(numbers)
        few = numbers if len(numbers) <= ROW else [*numbers[:2], numbers[len(numbers) // 2], *numbers[-2:]]
        points += [(name, number) for number in few]
    return points


def cut_and_resume(bench: Bench, name: str, number: int, whole: Picture) -> str | None:
    """Kill the upgrade at that place, resume it, compare; what went wrong, or None."""
    bench.reset()
    cut = bench.run(*UPGRADE, expect=None, ORCHESTRATE_FAULT=f"{name}:{number}")
    if cut.returncode != KILLED:
        return f"{name}:{number} was not cut off but ended with {cut.returncode}\n{cut.stdout[-1500:]}\n{cut.stderr[-1500:]}"
    resumed = bench.run(*(("resume",) if bench.run_is_open() else UPGRADE), expect=None)
    if resumed.returncode != 0:
        return f"{name}:{number} did not resume: {resumed.returncode}\n{resumed.stdout[-1500:]}\n{resumed.stderr[-1500:]}"
    if different := differences(whole, bench.picture()):
        return f"{name}:{number} ended differently: {different}"
    return None


def test_killed_at_any_point_an_upgrade_resumes_to_the_same_end(benches: list[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    wholes = []
    for bench in benches:
        bench.reset()
        places = bench.places(*UPGRADE)
        wholes.append(bench.picture())
    points = places_worth_a_cut(places)
    assert len(points) > 1000
    todo = chosen(points)
    free = list(zip(benches, wholes, strict=True))
    lock = threading.Lock()

    def work(point: tuple[str, int]) -> str | None:
        with lock:
            bench, whole = free.pop()
        try:
            return cut_and_resume(bench, *point, whole)
        finally:
            with lock:
                free.append((bench, whole))

    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [answer for answer in pool.map(work, todo) if answer]
    told = f"{len(todo)} of {len(points)} points killed and resumed in {time.monotonic() - began:.0f} s, {len(wrong)} not equal"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert not wrong, "\n\n".join(wrong[:3])
