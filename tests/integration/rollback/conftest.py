"""A host that was upgraded from 19.10 to 20.10, put back to that stage for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.bench import Picture
from tests.integration.upgrade.upgrade_kit import Stages


@pytest.fixture(scope="session")
def stages(open_folder: Path) -> Iterator[Stages]:
    made = Stages(open_folder / "rollback")
    try:
        made.put_back("start")
        made.say("upgrade", "--to", "20.10", "--yes").completed()
        made.remember("upgraded")
        yield made
    finally:
        made.stop()


@pytest.fixture
def upgraded(stages: Stages) -> Stages:
    """On 20.10, after one run of two hops."""
    stages.put_back("upgraded")
    return stages


@pytest.fixture(scope="session")
def before(stages: Stages) -> Picture:
    """What that host looks like."""
    stages.put_back("upgraded")
    return stages.picture()
