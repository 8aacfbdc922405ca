"""Fixtures for tests on booted hosts. Where there can be no lab, each of them is skipped with the reason."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab, missing
from tests.system.lab.openemm import install_openemm
from tests.system.story import story

LABS: list[Lab] = []  # of this process, to tell of when a test fails


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a system test."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.system)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure comes what the hosts tell that are on, or the last one when none is."""
    report = yield
    if report.failed and item.path.is_relative_to(Path(__file__).parent):
        report.sections += [(f"host {host.name}", story(host)) for made in LABS for host in made.alive()]
    return report


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab of this process; the first of all processes builds the root."""
    if reason := missing():
        pytest.skip(f"no booted hosts: {reason}")
    with Lab() as made:
        LABS.append(made)
        yield made
        LABS.remove(made)


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
