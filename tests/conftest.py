"""Fixtures for all tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.hosts.private_server import PrivateServer


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that an unprivileged user may enter (pytest's own are 0700), removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="orchestrate-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mariadb(open_folder: Path) -> Iterator[PrivateServer]:
    """A real MariaDB server, one for the whole test run; each test makes databases of its own."""
    server = PrivateServer(open_folder / "mariadb", small=True)
    server.create()
    server.start()
    yield server
    server.stop()
