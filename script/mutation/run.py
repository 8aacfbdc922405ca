"""Breaks a sample of places of the code, one at a time, each in a copy of the tree, and sees whether the nearest tests notice."""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.operators.operator import Operator
from cosmic_ray.work_item import MutationSpec, TestOutcome
from parso.python.tree import Keyword, Name

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/bin/python"
NEAREST = Path(__file__).with_name("nearest.toml")
LIMIT = 900  # seconds that the tests of one module may take


class CallRemover(Operator):
    """Leaves a statement out that only calls something: a stop before a repair, an fsync, a check that raises."""

    def mutation_positions(self, node):
        call = node.children[0] if node.type == "simple_stmt" else None
        if call is not None and call.type in {"atom_expr", "power"} and call.children[-1].children[0] == "(":
            yield call.start_pos, call.end_pos

    def mutate(self, node, index):
        call = node.children[0]
        node.children[0] = Name("pass", call.start_pos, call.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls):
        return ()


class ReturnRemover(Operator):
    """Lets a function return None instead of what it found; nothing and False are as good as None to most."""

    def mutation_positions(self, node):
        if node.type == "return_stmt" and node.children[1].get_code().strip() not in {"()", "[]", "{}", "False", "None"}:
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        return Keyword("return", node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls):
        return ()


OURS = {"call-remover": CallRemover, "return-remover": ReturnRemover}
plugins.OPERATOR_PROVIDERS["ours"] = OURS


@dataclass(frozen=True)
class Place:
    """A place that can be broken, and the way in which it will be."""

    module: str
    operator: str
    occurrence: int
    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """noticed: None where that way to break it gives no Python. said: what the tests said, or how the code was changed."""

    place: Place
    noticed: bool | None
    said: str


def nearest() -> dict[str, list[str]]:
    """The tests of each module in scope."""
    found: dict[str, list[str]] = {}
    for near in tomllib.loads(NEAREST.read_text(encoding="utf-8"))["near"]:
        for pattern in near["modules"]:
            modules = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))
            if not modules:
                sys.exit(f"{NEAREST.name}: no module fits {pattern}")
            for module in modules:
                found.setdefault(module, near["tests"])
    return found


def untold(module: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a change says nothing: annotations, decorators, and the numbers that a module only gives a name (limits, sizes)."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    named = [node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    spans = [((value.lineno, value.col_offset), (value.end_lineno, value.end_col_offset)) for value in named]
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None), *getattr(node, "decorator_list", ())]
        spans += [((p.lineno, p.col_offset), (p.end_lineno, p.end_col_offset)) for p in parts if isinstance(p, ast.AST)]
    return spans


def places(module: str) -> Iterator[Place]:
    """All places of a module, each with all ways to break it."""
    tree, left_out = get_ast_from_path(ROOT / module), untold(module)
    for name in plugins.operator_names():
        operator = plugins.get_operator(name)
        if operator.arguments() or name.endswith(("NoOp", "RemoveDecorator")):
            continue
        positions = (position for node in ast_nodes(tree) for position in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start and end <= last for first, last in left_out):
                yield Place(module, name, occurrence, start, end)


def drawn(module: str, draw: random.Random, count: int) -> list[Place]:
    """Some places of a module; of the many ways to break one place, one."""
    by_place = defaultdict(list)
    for place in places(module):
        by_place[place.start, place.end].append(place)
    chosen = draw.sample(sorted(by_place), min(count, len(by_place)))
    return [draw.choice(by_place[where]) for where in sorted(chosen)]


def copy_tree(folder: Path) -> None:
    """What git knows of, and what it does not know yet."""
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, files.decode().splitlines()):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def begin(folder: str) -> None:
    """Of each process: a copy of the tree to itself, in which code is broken and tests are run."""
    own = Path(tempfile.mkdtemp(dir=folder))
    own.chmod(0o755)
    copy_tree(own)
    os.chdir(own)
    os.environ["PYTHONPATH"] = str(own)


def command(tests: Sequence[str]) -> str:
    """How they are run: the first failure is enough."""
    return f"{PYTHON} -m pytest -q -x --no-header -p no:cacheprovider --timeout 120 {' '.join(tests)}"


def whole(tests: tuple[str, ...]) -> str | None:
    """What the tests say of the code as it is, when they fail."""
    done = subprocess.run(command(tests).split(), capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"{' '.join(tests)}\n{done.stdout[-2000:]}{done.stderr[-500:]}"


def broken(job: tuple[Place, Sequence[str]]) -> Outcome:
    """Break one place and run the tests."""
    place, tests = job
    spec = MutationSpec(
        module_path=Path(place.module), operator_name=place.operator, occurrence=place.occurrence, start_pos=place.start,
        end_pos=place.end,
    )  # fmt: skip
    result = mutate_and_test([spec], command(tests), LIMIT)
    if result.test_outcome is TestOutcome.SURVIVED:
        return Outcome(place, False, result.diff or "")
    if result.test_outcome is TestOutcome.KILLED and "SyntaxError" not in (result.output or ""):
        failed = [line for line in (result.output or "").splitlines() if line.startswith(("FAILED", "ERROR"))]
        return Outcome(place, True, failed[0][:160] if failed else (result.output or "")[-160:])
    return Outcome(place, None, "")


def main() -> int:
    """Draw, break, tell."""
    parser = argparse.ArgumentParser(prog="script/mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="patterns; all that nearest.toml names unless given")
    parser.add_argument("--sample", type=int, default=5, help="places a module (5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="tell, too, which test noticed what")
    args = parser.parse_args()
    tests = {
        module: near for module, near in nearest().items()
        if not args.modules or any(fnmatch(module, pattern) for pattern in args.modules)
    }  # fmt: skip
    draw = random.Random(args.seed)
    jobs = [(place, tests[module]) for module in tests for place in drawn(module, draw, args.sample)]
    noticed: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="orchestrate-mutants-") as folder:
        Path(folder).chmod(0o755)
        with ProcessPoolExecutor(args.processes, initializer=begin, initargs=(folder,)) as pool:
            if wrong := list(filter(None, pool.map(whole, sorted({tuple(near) for near in tests.values()})))):
                sys.exit("these fail before anything is broken:\n" + "\n".join(wrong))
            for done in as_completed([pool.submit(broken, job) for job in jobs]):
                outcome = done.result()
                tell(outcome, verbose=args.verbose)
                if outcome.noticed is not None:
                    (noticed if outcome.noticed else missed)[outcome.place.module] += 1
    print()
    for module in tests:
        if total := noticed[module] + missed[module]:
            print(f"{noticed[module]:4} of {total:4}  {module}")
    print(f"{noticed.total()} of {noticed.total() + missed.total()} noticed, seed {args.seed}")
    return 1 if missed else 0


def tell(outcome: Outcome, *, verbose: bool) -> None:
    """A survivor with its change; else one line."""
    place = outcome.place
    at = f"{place.module}:{place.start[0]} {place.operator.partition('/')[2]}"
    if outcome.noticed is False:
        changed = [line for line in outcome.said.splitlines() if line.startswith(("+", "-")) and line[1:2] not in {"+", "-"}]
        print(f"SURVIVED {at}", *changed, sep="\n    ", flush=True)
    elif verbose:
        print("noticed" if outcome.noticed else "cannot be broken", at, outcome.said, flush=True)


if __name__ == "__main__":
    sys.exit(main())
