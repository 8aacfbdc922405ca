"""The tests that are run for a broken module are there, and so are the modules."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEAR = tomllib.loads((ROOT / "script/mutation/nearest.toml").read_text(encoding="utf-8"))["near"]


@pytest.mark.parametrize("near", NEAR, ids=lambda near: str(near["modules"][0]))
def test_the_nearest_tests_and_their_modules_are_there(near: dict[str, list[str]]) -> None:
    assert all(list(ROOT.glob(pattern)) for pattern in near["modules"])
    assert all((ROOT / test).exists() for test in near["tests"])
