"""Fixtures for all tests, and the order in which they run."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from orchestrator.hosts.scratch.private_server import PrivateServer

ROOMS = ("tests/integration/rollback/", "tests/integration/upgrade/")  # whose files share hosts that take long to make


class ByRoom(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file, and the files of a room, run in one process: it makes what their fixtures share."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((room for room in ROOMS if file.startswith(room)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByRoom:
    """How `pytest -n` shares the tests out, in their order."""
    config.option.loadscopereorder = False
    return ByRoom(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that may take longest come first, then the rooms: no process is left alone with them at the end."""
    seconds: dict[Path, float] = defaultdict(float)
    for item in items:
        seconds[item.path] = max([seconds[item.path], *(float(mark.args[0]) for mark in item.iter_markers("timeout"))])
    items.sort(key=lambda item: (seconds[item.path], item.nodeid.startswith(ROOMS)), reverse=True)


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
