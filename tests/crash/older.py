"""Runs that an older version of this tool began, killed inside each step, and gone on with or taken back by this version.

script/older makes the older version and calls this; it is no part of CI. The sandbox is this version's: both versions see the
processes of its backend. One line a point: step, place, way, and equal or what differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from orchestrator.sandbox.home import LOST_VALUES
from tests.crash.bench import KILLED, Bench, Picture, differences

UPGRADE = ("upgrade", "--to", "20.10", "--yes")
HOST = ("links", "files", "database")  # what an abort puts back; the ledger has grown
FILES = ("links", "files")  # a start is a row of release_log_tbl, which stays unless the database is put back (facts 6)
WORKFLOWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # what begins one, and what its abort puts back
    "upgrade": (UPGRADE, HOST),
    "rollback": (("rollback", "--to", "20.04", "--yes"), HOST),
    "switch": (("switch", "runtime", "19.10", "--yes"), FILES),
    "restart": (("restart", "--yes"), FILES),
}
WAYS = {"resume": ("resume",), "abort": ("abort", "--yes")}
AUDIT = ("audit", "verify")
EQUAL, AS_OLDER, WRONG = "equal", "as the older version leaves it", "not equal"
ADOPTED = "what was filed under the name host is this site's"
ALONE = "-P"  # or Python would take the modules from the folder it is called in: this version's
MAIN = ("-m", "orchestrator.cli.main")
WORKERS = 2
LIMIT = 280.0  # seconds that a command may take
DOING = "SELECT name FROM steps WHERE state = 'doing' AND run = (SELECT id FROM runs ORDER BY number DESC LIMIT 1)"
SETTINGS = "import json; from orchestrator import settings as s; print(json.dumps([s.__file__, *s.Settings.model_fields]))"
# What the older version runs to tell, beside each place it passes, the step that is between its intent and its result.
FOLLOWED = f"""
import sqlite3, sys
from contextlib import closing
from orchestrator.cli.main import main
from state import faults

log, store = sys.argv[1:3]
del sys.argv[1:3]

def place(name):
    with closing(sqlite3.connect(store)) as read, open(log, "a") as file:
        made = read.execute("SELECT 1 FROM sqlite_master WHERE name = 'steps'").fetchone()
        doing = read.execute("{DOING}").fetchone() if made else None
        print(name, doing[0] if doing else "-", file=file)

faults.place = place
main()
"""


@dataclass(frozen=True)
class Point:
    """Where the older version is killed, and how this one goes on. place: as ORCHESTRATE_FAULT names it."""

    step: str
    place: str
    way: str


class Host(Bench):
    """A bench that both versions work on."""

    def __init__(self, folder: Path, older: Path) -> None:
        """Make it. older: the Python of the older version's environment."""
        super().__init__(folder)
        self._older = older
        told = subprocess.run([older, ALONE, "-c", SETTINGS], check=True, capture_output=True, text=True).stdout
        source, *known = json.loads(told)
        assert Path(source).is_relative_to(older.parents[2].resolve()), f"{older} runs {source}"
        self._known = frozenset(known)
        self._site = (self._start / "site.toml").read_text(encoding="utf-8")
        self._leave_lost_values_out()

    def _leave_lost_values_out(self) -> None:
        """Version 0.1.0 waits for good for what no release keeps; its run never comes to a later step."""
        names = tuple(f"{key}=".encode() for key in LOST_VALUES)
        for file in (self._start / "home").rglob("emm.properties"):
            file.write_bytes(b"".join(line for line in file.read_bytes().splitlines(True) if not line.startswith(names)))

    def run_older(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the older version's Python with the settings it knows; from then on the site file names no site (ADR 0011)."""
        file = self.host / "site.toml"
        unknown = tuple(f"{name} = " for name in tomllib.loads(self._site).keys() - self._known)
        file.write_text(_without(unknown, self._site), encoding="utf-8")
        try:
            return subprocess.run(
                [self._older, ALONE, *args], capture_output=True, text=True, check=False, timeout=LIMIT,
                stdin=subprocess.DEVNULL, env={**os.environ, "ORCHESTRATE_SITE": str(self.host), **env},
            )  # fmt: skip
        finally:
            file.write_text(_without(("name = ",), self._site), encoding="utf-8")

    def let_older(self, *args: str) -> None:
        """The same, to its end."""
        done = self.run_older(*args)
        if done.returncode != 0:
            raise AssertionError(f"the older version ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")

    def follow(self, *command: str) -> list[tuple[str, str]]:
        """Let the older version do it all: the step that was between intent and result, with each place that was passed."""
        log = self.folder / "followed"
        log.unlink(missing_ok=True)
        self.let_older("-c", FOLLOWED, str(log), str(self.host / "state/state.db"), *command)
        counted = Counter[str]()
        found = []
        for name, step in map(str.split, log.read_text(encoding="utf-8").splitlines()):
            counted[name] += 1
            found.append((step, f"{name}:{counted[name]}"))
        return found

    def doing(self) -> str:
        """The step that is between its intent and its result."""
        with closing(sqlite3.connect(self.host / "state/state.db")) as store:
            row = store.execute(DOING).fetchone()
        return str(row[0]) if row else "-"


def _without(starts: tuple[str, ...], text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(starts))


@dataclass(frozen=True)
class Ends:
    """A host before the run, and behind one that nothing disturbed, of this version and of the older one; with what ran."""

    before: tuple[Picture, object]
    behind: tuple[Picture, object]
    older: Picture


def ends(host: Host, command: Sequence[str]) -> Ends:
    """Let each version do it all."""
    host.reset()
    host.let_older(*MAIN, *command)
    older = host.picture()
    host.reset()
    before = (host.picture(), host.running())
    host.run(*command)
    return Ends(before, (host.picture(), host.running()), older)


def drawn(places: Sequence[tuple[str, str]], steps: str, count: int, ways: Sequence[str], seed: int) -> list[Point]:
    """Of each step that matches, so many of its places, drawn by the seed; each with every way."""
    of_step = defaultdict[str, list[str]](list)
    for step, place in places:
        if step != "-" and fnmatch(step, steps):
            of_step[step].append(place)
    draw = random.Random(seed)
    return [
        Point(step, place, way)
        for step, there in of_step.items()
        for place in sorted(draw.sample(there, min(count, len(there))), key=there.index)
        for way in ways
    ]


def judge(host: Host, workflow: str, point: Point, whole: Ends) -> str:
    """Kill the older version there and let this one go on; EQUAL, AS_OLDER with what is so, or what is wrong."""
    command, back = WORKFLOWS[workflow]
    host.reset()
    cut = host.run_older(*MAIN, *command, ORCHESTRATE_FAULT=point.place)
    if cut.returncode != KILLED:
        return f"not killed but ended with {cut.returncode}: {cut.stdout[-1500:]}\n{cut.stderr[-1500:]}"
    if (doing := host.doing()) != point.step:
        return f"killed in {doing}"
    adopted = not (host.host / "state/sites.json").exists()
    for args in (WAYS[point.way], AUDIT):
        done = host.run(*args, expect=None)
        if done.returncode != 0:
            return f"{args[0]} ended with {done.returncode}: {done.stdout[-2500:]}\n{done.stderr[-1500:]}"
        if args != AUDIT and adopted != (ADOPTED in done.stderr):
            return f"{args[0]} does not say whose the run is: {done.stderr[-1500:]}"
    return resumed(host, whole) if point.way == "resume" else aborted(host, whole, back)


def resumed(host: Host, whole: Ends) -> str:
    """Whether it is as behind a run that nothing disturbed. What the older version had done already may be as that leaves it."""
    picture, ran = whole.behind
    now, runs = host.picture(), host.running()
    different, older = differences(picture, now), differences(whole.older, now)
    if runs == ran and not different:
        return EQUAL
    wrong = [
        part for part, found in different.items()
        if part in older and (part not in FILES or found.keys() & older[part].keys())
    ]  # fmt: skip
    if runs != ran or wrong:
        return f"{different}, {runs} runs and not {ran}"
    return f"{AS_OLDER}: {', '.join(str([*found] if part in FILES else part) for part, found in different.items())}"


def aborted(host: Host, whole: Ends, back: Sequence[str]) -> str:
    """Whether these parts of it are as before."""
    picture, ran = whole.before
    found = differences(picture, host.picture())
    different = {part: found[part] for part in back if part in found}
    runs = host.running()
    return EQUAL if runs == ran and not different else f"{different}, {runs} runs and not {ran}"


def run(hosts: Sequence[Host], workflow: str, asked: argparse.Namespace) -> Counter[str]:
    """Every point of a workflow, a host a worker; how many were equal, and how many were not."""
    command, _ = WORKFLOWS[workflow]
    with ThreadPoolExecutor(len(hosts)) as pool:
        free = list(zip(hosts, pool.map(lambda host: ends(host, command), hosts), strict=True))
    hosts[0].reset()
    points = drawn(hosts[0].follow(*command), asked.steps, asked.places, asked.ways, asked.seed)
    lock = threading.Lock()

    def work(point: Point) -> str:
        with lock:
            host, whole = free.pop()
        try:
            answer = judge(host, workflow, point, whole)
        except (AssertionError, subprocess.SubprocessError) as error:
            answer = str(error)
        finally:
            with lock:
                free.append((host, whole))
        tell(f"{workflow:<9} {point.step:<26} {point.place:<14} {point.way:<7} {answer}")
        return answer

    with ThreadPoolExecutor(len(hosts)) as pool:
        return Counter(
            next((kind for kind in (EQUAL, AS_OLDER) if answer.startswith(kind)), WRONG) for answer in pool.map(work, points)
        )


def on_20_10(host: Host) -> None:
    """Let the older version upgrade it, and each run begin there."""
    host.reset()
    host.let_older(*MAIN, *UPGRADE)
    host.keep()


def said(counts: Counter[str]) -> str:
    """How many of each kind."""
    return ", ".join(f"{counts[kind]} {kind}" for kind in (EQUAL, AS_OLDER, WRONG))


def tell(line: str) -> None:
    """At once: all points take long."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def asked_for() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="script/older COMMIT", description=__doc__)
    parser.add_argument("older", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workflows", nargs="+", choices=WORKFLOWS, default=list(WORKFLOWS))
    parser.add_argument("--steps", metavar="PATTERN", default="*", help="such as 'hop2.*'")
    parser.add_argument("--places", metavar="N", type=int, default=1, help="in each step")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seed", metavar="N", type=int, default=1)
    return parser.parse_args()


def main() -> int:
    """All points; 1 when one was not equal."""
    asked = asked_for()
    began = time.monotonic()
    total, moved = Counter[str](), False
    with tempfile.TemporaryDirectory(prefix="older-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        hosts: list[Host] = []
        try:
            hosts += [Host(folder / f"h{number}", asked.older) for number in range(WORKERS)]
            for workflow in sorted(asked.workflows, key=list(WORKFLOWS).index):
                if workflow != "upgrade" and not moved:  # all others begin where it ends
                    with ThreadPoolExecutor(WORKERS) as pool:
                        list(pool.map(on_20_10, hosts))
                    moved = True
                counts = run(hosts, workflow, asked)
                total += counts
                tell(f"{workflow}: {said(counts)}")
        finally:
            for host in hosts:
                host.stop()
    tell(f"{said(total)}, in {time.monotonic() - began:.0f} s")
    return 1 if total[WRONG] else 0


if __name__ == "__main__":
    sys.exit(main())
