"""Fixtures for tests on booted hosts. Where there can be no lab, each of them is skipped with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab, missing
from tests.system.lab.openemm import install_openemm


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a system test."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab of this process; the first of all processes builds the root."""
    if reason := missing():
        pytest.skip(f"no booted hosts: {reason}")
    with Lab() as made:
        yield made


@pytest.fixture
def host(lab: Lab) -> Iterator[Host]:
    """A booted host as it is delivered."""
    made = lab.host()
    made.boot()
    yield made
    made.close()


@pytest.fixture(scope="session")
def installed(lab: Lab) -> Layers:
    """The disk of a host with OpenEMM 19.10 and the orchestrator, made once."""
    first = lab.host()
    first.boot()
    install_openemm(first)
    first.poweroff()
    return first.snapshot()


@pytest.fixture
def openemm(lab: Lab, installed: Layers) -> Iterator[Host]:
    """A booted host on which OpenEMM 19.10 runs as a unit."""
    made = lab.host(installed)
    made.boot()
    yield made
    made.close()
