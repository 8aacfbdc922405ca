"""The program that ships with an export needs nothing but Python, writes numbers as RFC 8785 does, and finds every bit."""

from __future__ import annotations

import ast
import importlib
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from state.chain import _quote
from tests.unit.state.test_every_bit import ledger

PROGRAM = Path(__file__).parents[3] / "orchestrator/report/verify.py"
LIMIT = 2**53 - 1


@pytest.fixture(scope="module")
def program() -> ModuleType:
    return importlib.import_module("orchestrator.report.verify")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LIMIT, LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
)


@given(VALUES)
@example(1e-6)
@example(1.5e-5)
@example(0.0001)
@example(1e-7)
@example(1e16)
@example(123456789012345680000.0)
@example(1e21)
@example(-0.0)
@example(5e-324)
@example({"\U0001f600": 1, "\ufb33": 2, "é": 3, "\x7f": 4})
def test_what_is_read_is_written_again_as_rfc_8785_has_it(value: Any) -> None:
    program = importlib.import_module("orchestrator.report.verify")
    canonical = rfc8785.dumps(value)
    assert program.canonical(json.loads(canonical)).encode() == canonical


def test_numbers_of_every_size_are_written_as_rfc_8785_has_them(program: ModuleType) -> None:
    chance = random.Random(8785)
    for _ in range(20_000):
        number = math.ldexp(chance.uniform(-1, 1), chance.randint(-80, 80))
        canonical = rfc8785.dumps(number)
        assert program.canonical(json.loads(canonical)).encode() == canonical


@given(st.none() | st.text(st.characters(exclude_categories=["Cs"])))
@example('"\\\b\f\n\r\t\x00\x1f\x7f\u2028\ud7ff\U0010ffff/')
def test_the_fast_way_to_write_text_is_rfc_8785_too(text: str | None) -> None:
    assert _quote(text).encode() == rfc8785.dumps(text)


def test_it_is_short_and_asks_for_nothing_newer_than_python_3_8() -> None:
    source = PROGRAM.read_text()
    assert len(source.splitlines()) < 80
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"__future__", "hashlib", "json", "sys", "datetime", "decimal", "pathlib", "typing"}


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A small export."""
    lines = ledger()
    (tmp_path / "verify.py").write_text(PROGRAM.read_text())
    (tmp_path / "entries.jsonl").write_text("".join(line.json() + "\n" for line in lines))
    checkpoint(tmp_path / "checkpoint.json", len(lines))
    return tmp_path


def checkpoint(path: Path, seq: int) -> None:
    path.write_text(json.dumps({"site": "prod", "seq": seq, "hash": ledger()[seq - 1].hash, "time": "2026-03-01T22:15:04Z"}))


def verify(folder: Path, *given: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", folder / "verify.py", *given], capture_output=True, text=True, cwd="/", env={}, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_it_finds_a_sound_export_sound(exported: Path) -> None:
    assert verify(exported) == (0, f"sound: 4 entries, head {ledger()[-1].hash}, held against checkpoint 4\n")


def test_every_line_is_rfc_8785(exported: Path) -> None:
    for line in (exported / "entries.jsonl").read_bytes().splitlines():
        assert rfc8785.dumps(json.loads(line)) == line


@pytest.mark.parametrize(
    ("at", "found"),
    [([0, 1, 1, 2, 3], "entry 3"), ([0, 2, 3], "entry 2"), ([0, 2, 1, 3], "entry 2"), ([1, 2, 3], "entry 1"),
     ([0, 1, 2], "cut off"), ([], "cut off")],
)  # fmt: skip
def test_it_names_where_entries_were_removed_inserted_reordered_or_cut_off(exported: Path, at: list[int], found: str) -> None:
    lines = (exported / "entries.jsonl").read_bytes().splitlines(keepends=True)
    (exported / "entries.jsonl").write_bytes(b"".join(lines[n] for n in at))
    code, said = verify(exported)
    assert code == 1
    assert said.startswith("BROKEN")
    assert found in said


def test_a_cut_end_shows_against_a_checkpoint_that_was_kept_elsewhere(exported: Path, tmp_path: Path) -> None:
    lines = (exported / "entries.jsonl").read_bytes().splitlines(keepends=True)
    (exported / "entries.jsonl").write_bytes(b"".join(lines[:3]))
    kept = json.loads((exported / "checkpoint.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({"checkpoint": kept}))
    checkpoint(exported / "checkpoint.json", 3)
    assert verify(exported)[0] == 0
    code, said = verify(exported, tmp_path / "manifest.json")
    assert code == 1
    assert "entry 4" in said


def test_any_bit_that_is_flipped_in_the_entries_is_found(exported: Path, program: ModuleType) -> None:
    whole = (exported / "entries.jsonl").read_bytes()
    chance = random.Random(1)
    for bit in chance.sample(range(8 * len(whole)), 10_000):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        seq, prev, problem = 0, "0" * 64, None
        for seq, line in enumerate(bytes(flipped).split(b"\n")[:-1], 1):
            problem, prev = program.wrong(line + b"\n", seq, prev)
            if problem:
                break
        assert problem or (seq, prev) != (4, ledger()[-1].hash)
