"""Stores on both databases."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from orchestrator.hosts.scratch.private_server import PrivateServer
from state.store import Store

Opener = Callable[[], Store]


def new_schema(server: PrivateServer) -> str:
    """The URL of an empty schema of its own on that server."""
    name = f"state_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    return f"mysql+pymysql://{getpass.getuser()}@localhost/{name}?unix_socket={server.socket}"


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.integration)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store may be made: a file, and a schema on a real server."""
    if request.param == "sqlite":
        return tmp_path / "new" / "state.db"
    return new_schema(request.getfixturevalue("mariadb"))


@pytest.fixture
def make_schema() -> Callable[[PrivateServer], str]:
    """Makes an empty schema on a server of the test's own."""
    return new_schema


@pytest.fixture
def server_target(mariadb: PrivateServer) -> str:
    """An empty schema on a real server."""
    return new_schema(mariadb)


@pytest.fixture
def open_store(target: Path | str) -> Iterator[Opener]:
    """Opens the same store as often as asked, as several processes would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Store.open(target, tool_version="0.1.0"))


@pytest.fixture
def store(open_store: Opener) -> Store:
    """An open store."""
    return open_store()
