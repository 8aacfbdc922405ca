"""A whole OpenEMM host under one folder, to try and to test on: home, packages, a private MariaDB, and room for our own state.

- site.toml: what --site DIR reads
- home: the OpenEMM home, running 19.10
- packages: the site's package folder, with 19.10, 20.04 and 20.10
- mariadb: a private server with the database openemm
- state, backups, scratch: for the tool that upgrades the host
"""

from __future__ import annotations

import json
import os
import pwd
import random
import secrets
import shutil
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator.command import run
from orchestrator.files import write_atomic
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox import processes
from orchestrator.sandbox.database import create_schema
from orchestrator.sandbox.home import Access, install, open_files
from orchestrator.sandbox.installation import Connection
from orchestrator.sandbox.packages import RELEASES, build
from workflows.model.errors import RefusedError, UsageError

MARKER = ".openemm-sandbox"
INSTALLED = RELEASES[0]
DATABASE = "openemm"
LONGEST_PATH = 49  # a unix socket's path has 107 characters at most, and that of a test restore lies 58 deeper
PORTS = range(20000, 32000)  # below what the kernel gives to outgoing connections
SCRIPT_SECONDS = 180.0
START_SECONDS = 30.0
POLL_SECONDS = 0.05


def create(folder: Path, release: str = INSTALLED.line, *, recipients: int = 0, companies: int = 1, running: bool = True) -> None:
    """Make a sandbox and start what is in it.

    Args:
        folder: does not exist yet, or is empty; an unprivileged user must be able to enter it.
        release: the line that is installed, 19.10.
        recipients: rows in customer_1_tbl.
        companies: rows in company_tbl.
        running: whether application and backend are started; the database server always is.

    Raises:
        UsageError: "sandbox-release-unknown" or "sandbox-path-too-long".
        RefusedError: "sandbox-folder-not-empty"; nothing was changed.
    """
    folder = folder.resolve()
    _check(folder, release)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    _write_marker(folder, {"release": INSTALLED.frontend, "application": False, "backend": False})
    try:
        _fill(folder, recipients=recipients, companies=companies)
        if running:
            _start_application(folder / "home", application=True, backend=True)
    except BaseException:
        destroy(folder)
        raise


def require(folder: Path) -> None:
    """See that a folder is a sandbox.

    Raises:
        RefusedError: "sandbox-missing".
    """
    _read_marker(folder)


def destroy(folder: Path) -> None:
    """End the sandbox's processes and remove its folder.

    Raises:
        RefusedError: "sandbox-missing", it is no sandbox.
    """
    folder = folder.resolve()
    _read_marker(folder)
    home = folder / "home"
    processes.end(processes.application(home) + processes.backend(home))
    database(folder).kill()
    processes.end(processes.servers(folder))
    shutil.rmtree(folder)


def start(folder: Path) -> None:
    """Start the database server, and of application and backend what ran when the sandbox was stopped.

    Raises:
        RefusedError: "sandbox-missing".
    """
    folder = folder.resolve()
    marker = _read_marker(folder)
    home = folder / "home"
    database(folder).start()
    _start_application(
        home,
        application=marker["application"] and not processes.application(home),
        backend=marker["backend"] and not processes.backend(home),
    )


def stop(folder: Path) -> None:
    """Stop everything, and remember what ran.

    Raises:
        RefusedError: "sandbox-missing".
    """
    folder = folder.resolve()
    marker = _read_marker(folder)
    home = folder / "home"
    application, backend, servers = processes.application(home), processes.backend(home), processes.servers(folder)
    if application or backend or servers:
        _write_marker(folder, {**marker, "application": bool(application), "backend": bool(backend)})
    processes.end(application + backend)
    database(folder).stop()
    processes.end(processes.servers(folder))


def database(folder: Path) -> PrivateServer:
    """The sandbox's database server."""
    return _server(folder.resolve())


@cache
def _server(folder: Path) -> PrivateServer:
    """One object a server, so that whoever stops it also awaits the process that was started here."""
    return PrivateServer(folder / "mariadb", small=True)


def _check(folder: Path, release: str) -> None:
    if release not in {INSTALLED.line, INSTALLED.frontend}:
        raise UsageError(
            f"cannot create a sandbox on {release}: it begins on {INSTALLED.line}",
            key="sandbox-release-unknown",
            next=[f"orchestrate sandbox create {folder} --release {INSTALLED.line}"],
        )
    if len(str(folder)) > LONGEST_PATH:
        raise UsageError(
            f"cannot create a sandbox in {folder}: its sockets need a path of {LONGEST_PATH} characters at most",
            key="sandbox-path-too-long",
            next=["orchestrate sandbox create /var/tmp/openemm"],
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(
            f"cannot create a sandbox in {folder}: it is there and not empty",
            key="sandbox-folder-not-empty",
            unharmed=[f"{folder} is as it was"],
            next=[f"orchestrate sandbox destroy {folder}    when it is a sandbox of yours"],
        )


def _fill(folder: Path, *, recipients: int, companies: int) -> None:
    """The database server is made while the packages are built and installed: both take most of a second."""
    for name, mode in {"packages": 0o755, "state": 0o700, "backups": 0o700, "scratch": 0o711, "home": 0o755}.items():
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    server = database(folder)
    access = Access(port=_free_port(), socket=server.socket, password=secrets.token_urlsafe(18))
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(_make_database, server, access.password, recipients, companies)
        build(folder / "packages")
        install(folder / "home", folder / "packages", INSTALLED, access)
        made.result()
    write_atomic(folder / "site.toml", _site(folder, access))


def _make_database(server: PrivateServer, password: str, recipients: int, companies: int) -> None:
    server.create()
    server.start()
    with server.connect() as connection:
        fill_database(connection, password, recipients=recipients, companies=companies)


def fill_database(connection: Connection, password: str, *, recipients: int = 0, companies: int = 1) -> None:
    """Make the application's database and its account on a server that has neither; the connection may create both."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        cursor.execute("CREATE USER 'openemm'@'localhost' IDENTIFIED BY %s", (password,))
        cursor.execute(f"GRANT ALL ON {DATABASE}.* TO 'openemm'@'localhost'")
        cursor.execute("GRANT SELECT ON mysql.proc TO 'openemm'@'localhost'")  # guide 5.2: or routines are not dumped
        cursor.execute(f"USE {DATABASE}")
    create_schema(connection, recipients=recipients, companies=companies)


def _start_application(home: Path, *, application: bool, backend: bool) -> None:
    if backend:
        run([str(home / "bin" / "backend.sh"), "start"], timeout=SCRIPT_SECONDS)
    if application:
        log = home / "tomcat" / "logs" / "catalina.out"
        size = log.stat().st_size if log.exists() else 0
        run([str(home / "bin" / "emm.sh"), "start"], timeout=SCRIPT_SECONDS)
        _await_start(home, log, size)


def _await_start(home: Path, log: Path, size: int) -> None:
    """Wait for the line that the script may have taken for granted, an older one being in the log (facts 11)."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and processes.application(home):
        with log.open("rb") as file:
            file.seek(size)
            if b"Server startup in" in file.read():
                return
        time.sleep(POLL_SECONDS)


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def _site(folder: Path, access: Access) -> str:
    settings: dict[str, str | int] = {
        "name": folder.name,
        "home": f"{folder}/home",
        "user": "",
        "packages": f"{folder}/packages",
        "state": f"{folder}/state",
        "backups": f"{folder}/backups",
        "scratch": f"{folder}/scratch",
        "http": f"http://127.0.0.1:{access.port}",
        "open_files": open_files(),
    }
    admin: dict[str, str | int] = {
        "socket": str(access.socket),
        "admin_user": pwd.getpwuid(os.geteuid()).pw_name,
        "admin_socket": str(access.socket),
    }
    return _table(settings) + "\n[database]\n" + _table(admin)


def _table(values: Mapping[str, str | int]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _write_marker(folder: Path, content: dict[str, Any]) -> None:
    write_atomic(folder / MARKER, json.dumps(content) + "\n")


def _read_marker(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / MARKER).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RefusedError(
            f"{folder} is no sandbox: it has no file {MARKER}",
            key="sandbox-missing",
            unharmed=[f"{folder} is as it was"],
            next=[f"orchestrate sandbox create {folder}"],
        ) from None
