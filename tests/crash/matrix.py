"""The kill matrix: cut a command off at many places, each on a fresh host, resume it and compare the ends.

ORCHESTRATE_CRASH says which points: "all", "commits", or N:SEED for a seeded sample of N. Each finished point is a line on
standard error when it is set, so that a long run can be followed.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.crash.bench import KILLED, Bench, Picture, differences

Point = tuple[str, int]
ROW = 4  # statements in a row; a statement that is journaled has a commit on either side
SEED = 20260101


def places_worth_a_cut(places: Sequence[str]) -> list[Point]:
    """Every place, but of more than four statements in a row (one transaction: a file of messages) the ends and the middle."""
    points: list[Point] = []
    counted = Counter[str]()
    for name, row in itertools.groupby(places):
        numbers = [counted[name] + number for number, _ in enumerate(row, start=1)]
        counted[name] += len(numbers)
        few = numbers if len(numbers) <= ROW or name == "commit" else [*numbers[:2], numbers[len(numbers) // 2], *numbers[-2:]]
        points += [(name, number) for number in few]
    return points


def chosen(points: Sequence[Point], sample: int) -> list[Point]:
    """The points that ORCHESTRATE_CRASH asks for; else a seeded sample, one point of each part of the way."""
    wish = os.environ.get("ORCHESTRATE_CRASH", f"{sample}:{SEED}")
    if wish == "all":
        return list(points)
    if wish == "commits":
        return [point for point in points if point[0] == "commit"]
    count, _, seed = wish.partition(":")
    draw, parts = random.Random(int(seed or SEED)), min(int(count), len(points))
    return [draw.choice(points[part * len(points) // parts : (part + 1) * len(points) // parts]) for part in range(parts)]


@dataclass(frozen=True)
class Report:
    """How a matrix went. wrong: a text for every point that did not end as the uninterrupted run did."""

    killed: int
    points: int
    seconds: float
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.killed} of {self.points} points killed and resumed in {self.seconds:.0f} s, {len(self.wrong)} not equal"


def run_matrix(benches: Sequence[Bench], command: Sequence[str], sample: int, *, back: Sequence[str] = ()) -> Report:
    """Run the command whole on every host, then cut it off at the chosen points, a host a worker.

    back: what was cut off is aborted instead of resumed, and must end as it began in these parts of the picture.
    """

    def run_whole(bench: Bench) -> tuple[list[str], Picture]:
        bench.reset()
        if back:
            start = bench.picture()
            return bench.passed.get(tuple(command)) or bench.places(*command), start
        return bench.places(*command), bench.picture()

    with ThreadPoolExecutor(len(benches)) as pool:
        whole_runs = list(pool.map(run_whole, benches))
    places = whole_runs[0][0]
    points = places_worth_a_cut(places)
    todo = chosen(points, sample)
    free = [(bench, whole) for bench, (_, whole) in zip(benches, whole_runs, strict=True)]
    lock = threading.Lock()

    def work(point: Point) -> str | None:
        with lock:
            bench, whole = free.pop()
        try:
            answer = cut_and_abort(bench, command, point, whole, back) if back else cut_and_resume(bench, command, point, whole)
        finally:
            with lock:
                free.append((bench, whole))
        if "ORCHESTRATE_CRASH" in os.environ:
            sys.__stderr__.write(f"{point[0]}:{point[1]} {answer or 'equal'}\n")
            sys.__stderr__.flush()
        return answer

    began = time.monotonic()
    with ThreadPoolExecutor(len(benches)) as pool:
        try:
            answers = list(pool.map(work, todo))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Report(len(todo), len(points), time.monotonic() - began, tuple(answer for answer in answers if answer))


def cut_and_resume(bench: Bench, command: Sequence[str], point: Point, whole: Picture) -> str | None:
    """Kill the command at that place, resume it, compare; what went wrong, or None."""
    name = f"{point[0]}:{point[1]}"
    bench.reset()
    cut = bench.run(*command, expect=None, ORCHESTRATE_FAULT=name)
    if cut.returncode != KILLED:
        return f"{name} was not cut off but ended with {cut.returncode}\n{cut.stdout[-1500:]}\n{cut.stderr[-1500:]}"
    resumed = bench.run(*(("resume",) if bench.run_is_open() else command), expect=None)
    if resumed.returncode != 0:
        return f"{name} did not resume: {resumed.returncode}\n{resumed.stdout[-1500:]}\n{resumed.stderr[-1500:]}"
    if different := differences(whole, bench.picture()):
        return f"{name} ended differently: {different}"
    return None


def cut_and_abort(bench: Bench, command: Sequence[str], point: Point, start: Picture, parts: Sequence[str]) -> str | None:
    """Kill the command at that place, take it back, compare these parts and what runs with the start; what is wrong, or None."""
    name = f"{point[0]}:{point[1]}"
    bench.reset()
    ran = bench.running()
    cut = bench.run(*command, expect=None, ORCHESTRATE_FAULT=name)
    if cut.returncode != KILLED:
        return f"{name} was not cut off but ended with {cut.returncode}\n{cut.stdout[-1500:]}\n{cut.stderr[-1500:]}"
    if not bench.run_is_open():
        return None  # nothing was begun, or all was done
    aborted = bench.run("abort", "--yes", expect=None)
    if aborted.returncode != 0:
        return f"{name} was not taken back: {aborted.returncode}\n{aborted.stdout[-1500:]}\n{aborted.stderr[-1500:]}"
    found = differences(start, bench.picture())
    different = {part: found[part] for part in parts if part in found}
    if (runs := bench.running()) != ran:
        different["running"] = (ran, runs)
    return f"{name} was not as before: {different}" if different else None
