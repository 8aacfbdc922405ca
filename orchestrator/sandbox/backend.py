"""The backend's process: `python -m orchestrator.sandbox.backend <home>/release/backend/V<version> openemm`.

It does nothing but be there until SIGTERM. From 20.10 on it records its version when it starts, in the database, or in a file
when the table is not there (facts 6).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from orchestrator.files import write_atomic
from workflows.version import Version

FIRST_LINE_WITH_RELEASE_LOG = Version(20, 10)


def main(release: str, name: str) -> None:
    """Record the start, write the pid file, wait."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    folder = Path(release)
    home = folder.parents[2]
    version = Version.parse(folder.name.removeprefix("V"))
    if version >= FIRST_LINE_WITH_RELEASE_LOG:
        _record(home, f"BACKEND-{name.upper()}", version)
    write_atomic(home / "var" / "run" / "backend.pid", f"{os.getpid()}\n")
    signal.sigwait({signal.SIGTERM})


def _record(home: Path, application: str, version: Version) -> None:
    import pymysql

    from orchestrator.sandbox.installation import Installation
    from orchestrator.sandbox.startup import log_release

    installation = Installation(home)
    try:
        with installation.connect_as_backend() as connection:
            log_release(connection, installation.hostname(), application, {"ApplicationVersion": str(version)})
    except pymysql.Error:
        with (home / "var" / "log" / "release.log").open("a") as file:
            file.write(f"{application};{version}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
