"""An empty private server for a test restore, gone afterwards whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.places import see_folder
from workflows.model.errors import RefusedError

SOCKET_PATH_LIMIT = 107  # bytes, of the operating system (unix(7))


@contextlib.contextmanager
def scratch_server(base: Path, backup: str, *, small: bool) -> Iterator[PrivateServer]:
    """A running, empty server in a fresh folder below `base`; what an earlier test restore of that backup left is removed first.

    Nobody else verifies the same backup at the same time: the caller holds its lock.

    Raises:
        RefusedError: "scratch-path-too-long".
        PlaceError: others could put something of theirs in the place of what is made there.
        CommandError: "mariadb-start" and others, when there is no server to be had.
    """
    see_folder(base, shared=True)
    require_short(base)
    prefix = f"orchestrate-{hashlib.sha256(backup.encode()).hexdigest()[:8]}-"
    for old in base.glob(prefix + "*"):
        if old.lstat().st_uid == os.geteuid() and old.is_dir() and not old.is_symlink():
            _remove(PrivateServer(old / "server"))
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    server = PrivateServer(folder / "server", small=small, confined=True)
    try:
        folder.chmod(0o711)  # the server's unprivileged user must be able to enter it
        server.create()
        server.start()
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL max_allowed_packet = 1073741824")
            cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 0")  # nothing here must outlive a crash
        yield server
    finally:
        _remove(server)


def require_short(base: Path) -> None:
    """See that a server in a folder below `base` can have its socket there.

    Raises:
        RefusedError: "scratch-path-too-long".
    """
    socket = PrivateServer(base / ("orchestrate-" + "x" * 17) / "server").socket  # as mkdtemp names it
    if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
        raise RefusedError(
            f"cannot try a restore below {base}: the path is too long for a server's socket",
            key="scratch-path-too-long",
            next=["export ORCHESTRATE_SCRATCH=/var/tmp    a shorter one; or as scratch in the site file"],
        )


def _remove(server: PrivateServer) -> None:
    server.kill()
    shutil.rmtree(server.folder.parent)
