"""A private server beside others on the same machine."""

from __future__ import annotations

import pytest

from orchestrator.hosts.scratch.private_server import PrivateServer

pytestmark = pytest.mark.integration


def test_a_private_server_shares_no_folder_for_temporary_tables(mariadb: PrivateServer) -> None:
    """A MariaDB server deletes at its start what looks like temporary tables in its tmpdir, those of running servers too."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@tmpdir")
        assert cursor.fetchall() == ((str(mariadb.folder / "tmp"),),)
