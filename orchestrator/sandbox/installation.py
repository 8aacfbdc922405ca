"""What the sandbox's processes read of the home they run in: dbcfg, properties, the host's name, and hooks for tests.

Hooks are files in <home>/etc/sandbox.d/; a test writes one to make a start go wrong:

die-at              a point's name; at that point the application is killed with SIGKILL, once (the file is removed first).
                    Points: before-migration, mailaddress-insert, birt-recipient, company-2, logo-insert, job-state.
migration-exception a step's name; that step of the start-up migration raises, at every start until the file is removed.
                    Steps: config-values, webservices, mailout, reports, company-values (when empty), layout.
migration-hang      a step's name; that step never ends (until SIGTERM).
value-lost          keys (class.name); the start stores nothing for them, and says nothing.
report-lost         the start gives no report its recipients, and says nothing.
job-fails           every startup job ends in state 3, and is not tried again.
no-listen           the HTTP port is not opened, although the log says that the server started.
backend-fail        backend.sh start fails.
python-version      the version that opt/python3 says it has (3.9.2): agn3.stream wants less than 3.10, agn3.plugin below 3.12.
python-lacks        names of modules that opt/python3 does not have.
python-modules-hidden  the modules of opt/python3 are not seen by the virtual environment that config.sh makes.
internet            ADDRESS:PORT that the logon page of 20.04 and 20.10 connects to before it answers. Without it that name does
                    not resolve: the page answers at once and logs an ERROR with its stack trace, at every call.
logon-waits         seconds after which the page gives that connection up (the real one never does; where packets are dropped
                    its system does, after 135 s). Without `internet`: seconds that the page waits before it answers.
backend-outlives    seconds (never when empty); services but bav end only so long after backend.sh stop said that they had.
backend-deaf        a service; it does not end at SIGTERM, and backend.sh stop waits for it without limit.
stop-hangs          backend.sh stop ends bav, and then waits for mails to be made, for ever.
status-hangs        backend.sh status never ends.
status-fails        backend.sh status ends with a traceback, as with a Python too new for it.
once-left           scripts that run once are left: backend.sh status calls that incomplete.

<home>/etc/sandbox.start_delay: seconds the application takes to start, beyond what it really needs (0.1).
"""

from __future__ import annotations

import os
import signal
import threading
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pymysql

from orchestrator.properties import parse
from workflows.model.version import Version

DEFAULT_STEP = "company-values"
DEFAULT_DELAY = 0.1
CONNECT_SECONDS = 5
DATABASE_PORT = 3306

Connection: TypeAlias = "pymysql.connections.Connection[pymysql.cursors.Cursor]"


class StartupFailure(Exception):  # noqa: N818 - what a test asked for
    """A step of the start-up migration fails because a hook says so."""


class Installation:
    """An OpenEMM home, as its own processes see it."""

    def __init__(self, home: Path) -> None:
        """Name the home; it is read when asked."""
        self.home = home

    def webapp(self, name: str) -> Path | None:
        """The folder that webapps/NAME points to, None when that holds no complete web application."""
        folder = (self.home / "webapps" / name).resolve()
        return folder if (folder / "WEB-INF" / "web.xml").is_file() else None

    def properties(self, webapp: str, name: str = "emm.properties") -> dict[str, str]:
        """The properties of a web application; empty when it has no such file."""
        return read_properties((self.home / "webapps" / webapp).resolve() / "WEB-INF" / "classes" / name)

    def version(self, webapp: str = "emm") -> Version:
        """The web application's version."""
        return Version.parse(self.properties(webapp)["ApplicationVersion"])

    def birt_key(self, half: str) -> str | None:
        """The private or public key of BIRT, None when there is no file."""
        file = self.home / "tomcat" / "conf" / "keys" / f"birt_{half}.pem"
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def hostname(self) -> str:
        """The host's name as conf/hostname says, else the machine's own."""
        file = self.home / "tomcat" / "conf" / "hostname"
        return file.read_text(encoding="utf-8").strip() if file.is_file() else os.uname().nodename

    def dbcfg(self, separator: str = ", ") -> dict[str, str]:
        """The entry openemm of etc/dbcfg; the backend separates by a comma alone (facts 5.1)."""
        for line in (self.home / "etc" / "dbcfg").read_text(encoding="utf-8").splitlines():
            name, colon, entry = line.partition(":")
            if colon and name.strip() == "openemm":
                pairs = (field.partition("=") for field in entry.strip().split(separator))
                return {key.strip(): value for key, _, value in pairs}
        return {}

    def connect(self) -> Connection:
        """The application's connection: to what jdbc-connect names, whatever host= and name= say (facts 24.3).

        Raises:
            pymysql.Error: the server is not there, or refuses.
        """
        entry = self.dbcfg()
        url = _jdbc(entry)
        if not url.scheme:
            return _connect(entry, entry.get("host", "localhost"), entry.get("name", ""), None)
        return _connect(entry, url.netloc, url.path.lstrip("/"), _socket(url))

    def connect_as_backend(self) -> Connection:
        """The backend's connection: to host= and name=; its client finds the server's socket by itself (facts 5.1).

        Raises:
            pymysql.Error: the server is not there, or refuses.
        """
        entry = self.dbcfg(",")
        return _connect(entry, entry.get("host", "localhost"), entry.get("name", ""), _socket(_jdbc(entry)))

    def start_delay(self) -> float:
        """Seconds a start takes at least."""
        file = self.home / "etc" / "sandbox.start_delay"
        return float(file.read_text()) if file.is_file() else DEFAULT_DELAY

    def hook(self, name: str) -> str | None:
        """The content of a hook, None when it is not set."""
        file = self.home / "etc" / "sandbox.d" / name
        return file.read_text(encoding="utf-8").strip() if file.is_file() else None

    def point(self, name: str) -> None:
        """Pass a point at which a hook may kill this process."""
        if self.hook("die-at") == name:
            (self.home / "etc" / "sandbox.d" / "die-at").unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def step(self, name: str) -> None:
        """Begin a step of the start-up migration, which a hook may let fail or hang.

        Raises:
            StartupFailure: the hook migration-exception names this step.
        """
        hooks: Mapping[str, str | None] = {hook: self.hook(hook) for hook in ("migration-exception", "migration-hang")}
        chosen = [hook for hook, step in hooks.items() if step is not None and (step or DEFAULT_STEP) == name]
        if "migration-exception" in chosen:
            raise StartupFailure(f"the hook migration-exception names {name}")
        if "migration-hang" in chosen:
            threading.Event().wait()


def _jdbc(entry: Mapping[str, str]) -> urllib.parse.SplitResult:
    return urllib.parse.urlsplit(entry.get("jdbc-connect", "").removeprefix("jdbc:"))


def _socket(url: urllib.parse.SplitResult) -> str | None:
    return urllib.parse.parse_qs(url.query).get("localSocket", [None])[0]


def _connect(entry: Mapping[str, str], server: str, database: str, socket: str | None) -> Connection:
    place = urllib.parse.urlsplit(f"//{server}")
    return pymysql.connect(
        host=place.hostname or "localhost", port=place.port or DATABASE_PORT, unix_socket=socket, user=entry.get("user"),
        password=entry.get("password", ""), database=database, charset="utf8mb4", autocommit=True,
        connect_timeout=CONNECT_SECONDS,
    )  # fmt: skip


def read_properties(file: Path) -> dict[str, str]:
    """The keys and values of a file, as Java reads them; empty when there is none."""
    return parse(file.read_bytes()) if file.is_file() else {}
