"""Stages of an upgrade that the tests of a module share; a stage is made when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from upgrade_kit import Stages

from tests.crash.bench import Picture


@pytest.fixture(scope="session")
def stages(open_folder: Path) -> Iterator[Stages]:
    made = Stages(open_folder / "upgrade")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def as_installed(stages: Stages) -> Picture:
    """What a host on 19.10 looks like."""
    stages.put_back("start")
    return stages.picture()


@pytest.fixture
def installed(stages: Stages) -> Stages:
    """On 19.10, all running."""
    stages.put_back("start")
    return stages


def _make(stages: Stages, stage: str, source: str, step: str, *args: str) -> None:
    if not stages.has(stage):
        stages.put_back(source)
        stages.until(step, *args)
        stages.remember(stage)


@pytest.fixture
def one_hop(stages: Stages) -> Stages:
    """A run that ends on 20.04: its SQL is done, nothing else of it."""
    _make(stages, "one-hop", "start", "hop1.database", "upgrade", "--to", "20.04", "--yes")
    stages.put_back("one-hop")
    return stages


@pytest.fixture
def first_hop(stages: Stages) -> Stages:
    """A run that ends on 20.10, in its first hop: the SQL of 20.04 is done, nothing else of it."""
    _first_hop(stages)
    stages.put_back("first-hop")
    return stages


@pytest.fixture
def second_hop(stages: Stages) -> Stages:
    """The same run in its second hop: 20.04 is proven, stopped and backed up."""
    _second_hop(stages)
    stages.put_back("second-hop")
    return stages


def _first_hop(stages: Stages) -> None:
    _make(stages, "first-hop", "start", "hop1.database", "upgrade", "--to", "20.10", "--yes")


def _second_hop(stages: Stages) -> None:
    _first_hop(stages)
    _make(stages, "second-hop", "first-hop", "hop2.backup")


@pytest.fixture(scope="session")
def clean_20_04(stages: Stages) -> Picture:
    """A host on 20.04 after an undisturbed run."""
    _make(stages, "one-hop", "start", "hop1.database", "upgrade", "--to", "20.04", "--yes")
    stages.put_back("one-hop")
    stages.say("resume").completed()
    return stages.picture()


@pytest.fixture(scope="session")
def clean_20_10(stages: Stages) -> Picture:
    """A host on 20.10 after an undisturbed run."""
    _second_hop(stages)
    stages.put_back("second-hop")
    stages.say("resume").completed()
    return stages.picture()
