from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.hosts.scratch.private_server import PrivateServer


@pytest.fixture(scope="module")
def server(mariadb: PrivateServer) -> Iterator[PrivateServer]:
    """The server, not waiting for its disk: it is the client that is killed."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 0")
        yield mariadb
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
