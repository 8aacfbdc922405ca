"""A host that was upgraded to 20.04, so that there is a run, a backup and a ledger to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.upgrade.upgrade_kit import Stages


@pytest.fixture(scope="session")
def stages(open_folder: Path) -> Iterator[Stages]:
    made = Stages(open_folder / "remedies")
    try:
        made.put_back("start")
        made.say("upgrade", "--to", "20.04", "--yes").completed()
        made.remember("upgraded")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def upgraded(stages: Stages) -> Stages:
    """On 20.04, after one run of one hop; a module's tests leave it so."""
    stages.put_back("upgraded")
    return stages


@pytest.fixture
def installed(stages: Stages) -> Stages:
    """On 19.10, never touched by this tool."""
    stages.put_back("start")
    return stages
