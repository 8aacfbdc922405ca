"""A sandbox that the tests of this folder share, put back to a remembered state before each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_kit import Sandbox, States

from orchestrator.sandbox import host


@pytest.fixture(scope="session")
def states(open_folder: Path) -> Iterator[States]:
    sandbox = Sandbox(open_folder / "shared")
    host.create(sandbox.folder, recipients=3, companies=3, running=False)
    states = States(sandbox, open_folder / "states")
    states.remember("19.10")
    yield states
    host.destroy(sandbox.folder)


@pytest.fixture(scope="session")
def clean(states: States) -> dict[str, Any]:
    """What undisturbed first start of 20.04 leaves in the database; the states 20.04 and 20.10 are made on the way."""
    sandbox = states.sandbox
    states.put_back("19.10")
    sandbox.install("20.04")
    sandbox.update_schema("20.04")
    states.remember("20.04")
    sandbox.start()
    sandbox.stop()
    seen = sandbox.snapshot()
    sandbox.install("20.10", carry=False)
    sandbox.update_schema("20.10")
    states.remember("20.10")
    return seen


@pytest.fixture
def sandbox(states: States) -> Sandbox:
    """On 19.10, nothing running but the database."""
    states.put_back("19.10")
    return states.sandbox


@pytest.fixture
def updated(states: States, clean: dict[str, Any]) -> Sandbox:
    """20.04 installed with the site's values and its SQL run, never started."""
    states.put_back("20.04")
    return states.sandbox


@pytest.fixture
def both(states: States, clean: dict[str, Any]) -> Sandbox:
    """20.04 was started, the SQL of 20.10 run; 20.10 is linked and not started."""
    states.put_back("20.10")
    return states.sandbox
