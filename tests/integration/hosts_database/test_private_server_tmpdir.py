"""A private server beside others on the same machine."""

from __future__ import annotations

import shutil

import pytest

from orchestrator.command import PATH, run
from orchestrator.hosts.scratch import private_server
from orchestrator.hosts.scratch.private_server import PrivateServer
from tests.remedies.follow import seen

pytestmark = pytest.mark.integration


def test_a_private_server_shares_no_folder_for_temporary_tables(mariadb: PrivateServer) -> None:
    """A MariaDB server deletes at its start what looks like temporary tables in its tmpdir, those of running servers too."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@tmpdir")
        assert cursor.fetchall() == ((str(mariadb.folder / "tmp"),),)


@pytest.mark.skipif(not shutil.which("apt-get", path=PATH), reason="no apt")
def test_the_package_that_is_named_where_there_is_no_server_has_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as bare:
        bare.setattr(private_server, "SEARCH", "/nowhere")
        with pytest.raises(private_server.ServerMissingError) as missing:
            private_server.find_program(private_server.SERVER_NAMES)
    (way,) = missing.value.next
    seen(way)
    package = way.removeprefix("install the package ").partition(",")[0]
    assert run(["apt-get", "--simulate", "install", package], timeout=60).exit_code == 0
    assert private_server.find_program(private_server.SERVER_NAMES)
