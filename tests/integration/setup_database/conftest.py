from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import Kit, ask

from orchestrator.hosts.scratch.private_server import PrivateServer


@pytest.fixture(scope="session")
def quick(mariadb: PrivateServer) -> Iterator[PrivateServer]:
    """The server, not waiting for its disk: it is the client that is killed."""
    ask(mariadb.socket, "SET GLOBAL innodb_flush_log_at_trx_commit = 0")
    yield mariadb
    ask(mariadb.socket, "SET GLOBAL innodb_flush_log_at_trx_commit = 1")


@pytest.fixture
def kit(quick: PrivateServer, tmp_path: Path) -> Iterator[Kit]:
    """A host on the shared server, where nobody has a database or an account yet."""
    kit = Kit(tmp_path, socket=quick.socket)
    kit.units.active = kit.units.enabled = True
    yield kit
    for (name,) in ask(quick.socket, "SHOW DATABASES LIKE 'kit%'"):
        ask(quick.socket, f"DROP DATABASE `{name}`")
    for user, host in ask(quick.socket, "SELECT User, Host FROM mysql.user WHERE User LIKE 'kit%'"):
        ask(quick.socket, f"DROP USER '{user}'@'{host}'")
