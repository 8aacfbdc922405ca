"""The application process: `python -m orchestrator.sandbox.application -D... org.apache.catalina.startup.Bootstrap start`.

It stands in for Tomcat with the web application that webapps/emm points to. It logs "Server startup in" whatever happened,
and answers version.action from memory, with 200 where facts 17.5 saw 200 and with 404 where the context failed. What it does to
the database is in startup.py; the hooks by which a test lets it fail are in installation.py. It ends within 2 s of SIGTERM.

The logon page of 20.04 and 20.10 first connects to a host on the internet, without a limit of time of its own (facts 24.3). A
form is answered without the database.
"""

from __future__ import annotations

import http.server
import signal
import socket
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType

import pymysql

from orchestrator.sandbox.installation import Installation
from orchestrator.sandbox.startup import StartUp

LOOPBACK = "127.0.0.1"
ACCESS_DENIED = "ACCESS DENIED"
INTERNET = "www.openemm.invalid:443"  # what the logon page asks; no name server is ever asked for it
ASKING_LINES = ("20.04", "20.10")
TRACE_LINES = range(100, 130)
FLOOD_BYTES = 3_000_000  # before the start is logged; real starts wrote 110 to 140 MB (facts 17.5)
FLOOD_BYTES_AFTER = 200_000  # each of five portions written later
FLOOD_PAUSE = 1.0

# 17.5: without these the context fails; with these, but without those below, there are ERROR lines only.
NEEDED = dict.fromkeys(("20.04", "20.10"), ("layout_tbl", "startup_job_tbl", "birtreport_recipient_tbl"))
EXPECTED: dict[str, dict[str, tuple[str, ...]]] = {
    "19.10": {"company_tbl": ("max_fields",)},
    "20.04": {"company_tbl": ("max_fields",), "birtreport_tbl": ("send_date",)},
    "20.10": {"release_log_tbl": (), "config_tbl": ("change_date",)},
}


class Log:
    """catalina.out: the process's standard output, in Tomcat's form and in that of the application's own log."""

    def tomcat(self, level: str, source: str, message: str) -> None:
        """A line of Tomcat."""
        self._write(f"{datetime.now():%d-%b-%Y %H:%M:%S.%f}"[:-3] + f" {level} [main] {source} {message}\n")  # noqa: DTZ005

    def error(self, message: str) -> None:
        """An ERROR line of the application."""
        self._write(f"{datetime.now():%Y-%m-%d %H:%M:%S},000: ERROR [main] com.agnitas.dao.impl.BaseDaoImpl - {message}\n")  # noqa: DTZ005

    def flood(self, size: int, message: str) -> None:
        """The same error with its stack trace again and again, `size` bytes in all."""
        entry = f"2020-11-01 00:00:00,000: ERROR [main] com.agnitas.dao.impl.BaseDaoImpl - {message}\n{_trace()}\n"
        self._write(entry * (size // len(entry)))

    def failed(self, message: str) -> None:
        """An ERROR line with its stack trace."""
        self.error(f"{message}\n{_trace()}")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _trace() -> str:
    return "\n".join(f"\tat com.agnitas.dao.impl.BaseDaoImpl.method{n}(BaseDaoImpl.java:{n})" for n in TRACE_LINES)


class Application:
    """Tomcat with one web application."""

    def __init__(self, home: Path) -> None:
        """Name the home; nothing is read yet."""
        self.installation = Installation(home)
        self.version: str | None = None  # None: there is no such context, everything is 404
        self._log = Log()

    def run(self) -> None:
        """Start, serve until SIGTERM, stop."""
        begun = time.monotonic()
        server = self._listen()
        self._log.tomcat("INFO", "org.apache.catalina.core.StandardService.startInternal", "Starting service [Catalina]")
        mismatch = self._deploy()
        time.sleep(self.installation.start_delay())
        if server:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        milliseconds = round((time.monotonic() - begun) * 1000)
        self._log.tomcat("INFO", "org.apache.catalina.startup.Catalina.start", f"Server startup in [{milliseconds}] milliseconds")
        for _ in range(5 if mismatch else 0):
            time.sleep(FLOOD_PAUSE)
            self._log.flood(FLOOD_BYTES_AFTER, str(mismatch))
        threading.Event().wait()

    def stopped(self) -> None:
        """Say in the log that the server ends."""
        self._log.tomcat("INFO", "org.apache.catalina.core.StandardService.stopInternal", "Stopping service [Catalina]")

    def logon(self) -> int:
        """The logon page's status: it needs the database, and the internet for the news beside it, whose failure it bears."""
        if self.version is not None and self.version.startswith(ASKING_LINES):
            self._ask_the_internet()
        try:
            with self.installation.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM config_tbl")
        except pymysql.Error as error:
            self._log.error(f"Cannot read configuration: {error}")
            return 500
        return 200

    def _ask_the_internet(self) -> None:
        """Really connect; a name is not resolved."""
        place, waits = self.installation.hook("internet"), self.installation.hook("logon-waits")
        if waits and not place:
            time.sleep(float(waits))
            return
        host, _, port = (place or INTERNET).rpartition(":")
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            socket.create_connection((host, int(port)), float(waits) if waits else None).close()
        except OSError as error:
            self._log.failed(f"Cannot read the news of {host}: {error}")

    def _deploy(self) -> str | None:
        """Start the web application; what is wrong with the schema, None when it fits."""
        if self.installation.webapp("emm") is None:
            return None
        version = self.installation.version()
        try:
            with self.installation.connect() as connection:
                start = StartUp(self.installation, connection, self._log.error)
                if not start.has("config_tbl"):
                    raise pymysql.err.ProgrammingError(1146, "Table 'config_tbl' doesn't exist")
                missing = [table for table in NEEDED.get(version.line, ()) if not start.has(table)]
                if missing:
                    mismatch = f"Table '{missing[0]}' doesn't exist"
                    self._flood(mismatch)
                    self._context_failed(mismatch)
                    return mismatch
                start.run()
                unlike = [t for t, columns in EXPECTED.get(version.line, {}).items() if not start.has(t, *columns)]
        except pymysql.Error as error:
            self._context_failed(str(error))
            return None
        self.version = str(version)
        if not unlike:
            return None
        mismatch = f"Cannot read {unlike[0]}: the schema is not that of {version}"
        self._flood(mismatch)
        return mismatch

    def _context_failed(self, why: str) -> None:
        self._log.error(f"Context initialization failed: {why}")
        source = "org.apache.catalina.core.StandardContext.startInternal"
        self._log.tomcat("SEVERE", source, "Context [] startup failed due to previous errors")

    def _flood(self, message: str) -> None:
        self._log.flood(FLOOD_BYTES, message)
        for name in ("emm.log", "emm_error.log"):
            with (self.installation.home / "logs" / name).open("a") as file:
                file.write(f"ERROR {message}\n" * (FLOOD_BYTES // (len(message) + 7)))

    def _listen(self) -> http.server.ThreadingHTTPServer | None:
        """The bound port of conf/server.xml, None when it cannot be had: Tomcat logs that and goes on."""
        if self.installation.hook("no-listen") is not None:
            return None
        root = ET.parse(self.installation.home / "tomcat" / "conf" / "server.xml").getroot()  # noqa: S314 - the site's own file
        port = next(int(c.get("port", "0")) for c in root.iter("Connector") if c.get("protocol") == "HTTP/1.1")
        try:
            return http.server.ThreadingHTTPServer((LOOPBACK, port), self._handler())
        except OSError as error:
            source = "org.apache.catalina.core.StandardService.initInternal"
            self._log.tomcat("SEVERE", source, f'Failed to initialize connector [Connector["http-nio-{port}"]]: {error.strerror}')
            return None

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            server_version = "Apache-Coyote"

            def do_GET(self) -> None:
                status, body = application.answer(self.path.partition("?")[0])
                content = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; charset=UTF-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Access is not logged in catalina.out."""

        return Handler

    def answer(self, path: str) -> tuple[int, str]:
        """Status and body for a path (facts 8.6, 17.1): codes lie, a denied status page is a 200."""
        if self.version is None:
            return 404, "not found"
        if path == "/serverstatus/version.action":
            return 200, self.version
        if path in {f"/serverstatus/{page}.action" for page in ("dbstatus", "jobqueuestatus", "overallstatus")}:
            return 200, ACCESS_DENIED
        if path in {"/form.do", "/form.action"}:
            return 200, "<html><body>no such form</body></html>"
        if path in {"/", "/logon.action"}:
            status = self.logon()
            return status, "<html><body>OpenEMM logon</body></html>" if status == 200 else "internal server error"  # noqa: PLR2004
        return 404, "not found"


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str]) -> None:
    """Run the application as the arguments of a JVM say; -DHOME names the home."""
    options = dict(argument[2:].partition("=")[::2] for argument in arguments if argument.startswith("-D"))
    signal.signal(signal.SIGTERM, _terminate)
    application = Application(Path(options["HOME"]))
    try:
        application.run()
    finally:
        application.stopped()


if __name__ == "__main__":
    main(sys.argv[1:])
