"""OpenEMM's processes, log and pages (facts 11 and 17), through its unit and the vendor's scripts, whose exit codes lie."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import processes
from orchestrator.acting import below
from orchestrator.command import tail
from orchestrator.files import open_unwaiting
from orchestrator.hosts.application import services
from orchestrator.hosts.application.scripts import ApplicationError, Scripts
from orchestrator.hosts.units.openemm import UNIT, Unit
from orchestrator.processes import Process
from workflows.host.application import AppState, HttpAnswer, LogMark, OpenFiles, Tell, silent
from workflows.host.database import Dispatch
from workflows.rules.by_hand import as_owner

if TYPE_CHECKING:
    from orchestrator.settings import Settings

LOG = "tomcat/logs/catalina.out"
LOG_HEAD, LOG_TAIL = 1 << 20, 3 << 20
START_MARGIN = 30.0
APPEAR_SECONDS = 2.0
POLL_SECONDS = 0.1
PAGE_POLL = 0.2


class RealApplication:
    """The application of one site, as `workflows.host.application.Application` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name the home; nothing is touched yet."""
        self._home = settings.home
        self._user = settings.user
        self._http = settings.http
        self._start_timeout = settings.start_timeout
        self._stop_timeout = settings.stop_timeout
        self._open_files = settings.open_files
        self._unit = Unit(settings.home)
        self._page: queue.SimpleQueue[HttpAnswer] | None = None  # of the question that is open
        self._scripts = Scripts(settings.user, settings.home)

    def state(self) -> AppState:
        """What runs now, by processes alone: they are looked at again and again, and asking each service takes seconds."""
        found = processes.running()
        backend = bool(processes.backend(self._home, found))
        return AppState(bool(processes.frontend(self._home, found)), backend, self._unit.believed_up())

    def start_frontend(self, tell: Tell = silent) -> None:
        """Start Tomcat; returns when the script ends, which waits for the log in silence (facts 24.3).

        Raises:
            ApplicationError: "application-not-started": the script failed and there is no process;
                "application-start-timeout": the script did not end; "script-missing".
        """
        self._page = None
        self._start(self._frontend_script(), "frontend", self._frontend, tell)

    def stop_frontend(self, tell: Tell = silent) -> None:
        """Stop Tomcat and see it gone. Nothing to do when it does not run.

        Raises:
            ApplicationError: "application-still-running" with what runs, nothing is killed; "stop-cut-short": its script did
                not come to its end, and what is gone is gone; "script-missing".
        """
        if self._frontend():
            self._stop(self._frontend_script(), "frontend", self._frontend, lambda _: [], tell)

    def start_backend(self, tell: Tell = silent) -> None:
        """Start the backend services; errors as for `start_frontend`.

        Where the frontend runs they are what is missing of OpenEMM: then its unit starts them, unless that is held. It finds
        the frontend running and leaves it alone (facts 11), and a later stop of the unit stops both.
        """
        if self._unit.ours() and self._frontend() and not self._unit.believed_up() and self._unit.holder() is None:
            self._start_unit()
        else:
            self._start(services.script(self._home), "backend", self._backend, tell)

    def stop_backend(self, tell: Tell = silent) -> None:
        """Stop the backend services and see each of them gone, by its processes and by its name; errors as for `stop_frontend`.

        The script stops bav first, and waits without limit while mail is being made (facts 7.2) and for a service that ignores
        its signal: after the stop timeout it is ended, not OpenEMM.
        """
        if self._backend() or self._named([]):
            self._stop(services.script(self._home), "backend", self._backend, self._named, tell)

    def services(self) -> Mapping[str, str]:
        """See `services.ask`."""
        return services.ask(self._home, self._user)

    def services_down(self) -> Mapping[str, str]:
        """Each asked for by its name."""
        return services.down(self.services())

    def pending_mail(self) -> Sequence[Dispatch]:
        """See `spool.pending`."""
        from orchestrator.hosts.application.spool import pending

        return pending(self._home, datetime.now(UTC))

    def open_files(self) -> OpenFiles:
        """By a shell started as the scripts are: a login may be given more."""
        return OpenFiles(self._scripts.name, *self._scripts.open_files(), self._open_files)

    def stop_unit(self) -> None:
        """Let systemd know that OpenEMM is stopped. What runs has been stopped before: systemd would kill what takes its time.

        Raises:
            ApplicationError: "unit-not-stopped".
        """
        stopped = self._unit.stop(self._stop_timeout + START_MARGIN)
        if self._unit.believed_up():
            raise ApplicationError(
                f"systemd still takes {UNIT} for started",
                key="unit-not-stopped", command=f"systemctl stop {UNIT}   exit {stopped.exit_code}", detail=tail(stopped.stderr),
                next=[f"systemctl status {UNIT}    why", "orchestrate resume    once it is stopped"],
            )  # fmt: skip

    def hold(self, run: str, *, to_come: bool = False) -> None:
        """By a drop-in that forbids the unit's start."""
        self._unit.hold(run, to_come=to_come)

    def release(self) -> None:
        """Let systemd start OpenEMM again."""
        self._unit.release()

    def _start_unit(self) -> None:
        started = self._unit.start(self._start_timeout + START_MARGIN)
        if not self._unit.believed_up() or not _becomes(lambda: bool(self._backend()), APPEAR_SECONDS):
            raise ApplicationError(
                f"cannot start the backend: {UNIT} was started, and its services do not run",
                key="application-not-started", command=f"systemctl start {UNIT}   exit {started.exit_code}",
                detail=tail(started.stderr),
                next=[f"journalctl -u {UNIT}    what the scripts said", "orchestrate resume    once the cause is gone"],
            )  # fmt: skip

    def _frontend(self) -> list[Process]:
        return processes.frontend(self._home)

    def _backend(self) -> list[Process]:
        return processes.backend(self._home)

    def _named(self, told: Sequence[str]) -> list[str]:
        """The services that run by their names: told by the stop's own last words, else asked for."""
        states = services.parse("\n".join(told))
        return services.up(services.ask(self._home, self._user)) if not states or services.up(states) else []

    def _frontend_script(self) -> Path:
        return self._home / "bin/emm.sh"

    def _start(self, script: Path, what: str, runs: Callable[[], Sequence[Process]], tell: Tell) -> None:
        ended = self._scripts.start(script, self._start_timeout + START_MARGIN, what, tell)
        if ended.exit_code is None:
            raise ApplicationError(
                f"cannot start the {what}: its script did not end within {self._start_timeout + START_MARGIN:.0f} s",
                key="application-start-timeout",
                command=ended.how,
                detail=ended.output,
            )
        if ended.exit_code != 0 and not _becomes(lambda: bool(runs()), APPEAR_SECONDS):
            raise ApplicationError(
                f"cannot start the {what}: its script failed and no process is there",
                key="application-not-started",
                command=ended.how,
                detail=ended.output,
            )

    def _stop(
        self,
        script: Path,
        what: str,
        runs: Callable[[], Sequence[Process]],
        named: Callable[[Sequence[str]], list[str]],
        tell: Tell,
    ) -> None:
        deadline = time.monotonic() + self._stop_timeout
        ended = self._scripts.stop(script, self._stop_timeout, tell)
        gone = _becomes(lambda: not (runs() or runs()), max(APPEAR_SECONDS, deadline - time.monotonic()))
        left, names = ([], named(ended.output)) if gone else (runs(), [])
        if left or names:
            raise ApplicationError(
                f"the {what} still runs {self._stop_timeout:.0f} s after it was told to stop",
                key="application-still-running",
                command=ended.how,
                detail=[
                    *(f"{process.service}: process {process}" for process in left[:14]),
                    *(f"{name}: its own script says that it runs, and no process of it is seen" for name in names),
                    *ended.output[-10:],
                ],
                next=[
                    f"ps -fp {','.join(str(process.pid) for process in left)}    what it does" if left
                    else as_owner(str(self._home), f"{script} status", "what runs"),
                    "orchestrate resume    once it is gone",
                ],
            )  # fmt: skip
        if not gone or ended.cut:
            raise ApplicationError(
                f"the stop of the {what} was cut short: no process of it is left, but its script had not come to its end",
                key="stop-cut-short", command=ended.how, detail=ended.output[-14:],
                next=["orchestrate resume    looks again, and stops what is there"],
            )  # fmt: skip

    def log_mark(self) -> LogMark:
        """The end of catalina.out now; inode 0 when there is none yet."""
        try:
            with below(self._home / LOG):
                status = (self._home / LOG).stat()
        except FileNotFoundError:
            return LogMark(0, 0)
        return LogMark(status.st_ino, status.st_size)

    def log_since(self, mark: LogMark) -> str:
        """What was written since the mark, at most 4 MiB: the first 1 and the last 3, with a line saying what was left out.

        A log that was rotated away beside the new one is read to its end first; one cut to nothing begins anew.
        """
        with below(self._home / LOG):
            return self._since(mark)

    def _since(self, mark: LogMark) -> str:
        with_end = [(path, begin, path.stat().st_size) for path, begin in self._pieces(mark)]
        total = sum(max(0, end - begin) for _, begin, end in with_end)
        if total <= LOG_HEAD + LOG_TAIL:
            return _read(with_end, 0, total).decode(errors="replace")
        left_out = total - LOG_HEAD - LOG_TAIL
        head, rest = _read(with_end, 0, LOG_HEAD), _read(with_end, total - LOG_TAIL, LOG_TAIL)
        return f"{head.decode(errors='replace')}\n[{left_out} bytes left out]\n{rest.decode(errors='replace')}"

    def _pieces(self, mark: LogMark) -> list[tuple[Path, int]]:
        """The files written since the mark, oldest first, and where to begin in each."""
        log = self._home / LOG
        now = self.log_mark()
        if now.inode == mark.inode:
            return [(log, mark.size if now.size >= mark.size else 0)] if now.inode else []
        rotated = [path for path in sorted(log.parent.glob("catalina*")) if mark.inode and path.stat().st_ino == mark.inode]
        return [*((path, mark.size) for path in rotated[:1]), *([(log, 0)] if now.inode else [])]

    def version(self) -> HttpAnswer:
        """GET /serverstatus/version.action. It answers from memory (facts 17.1)."""
        return self._get("/serverstatus/version.action")

    def database_round_trip(self, limit: float) -> HttpAnswer | None:
        """GET the logon page through the application's port, in a thread of its own: a daemon, which ends with this process."""
        if self._page is None:
            page: queue.SimpleQueue[HttpAnswer] = queue.SimpleQueue()
            threading.Thread(target=lambda: page.put(self._get("/logon.action", limit)), daemon=True).start()
            self._page = page
        try:
            answer = self._page.get(timeout=PAGE_POLL)
        except queue.Empty:
            return None
        self._page = None
        return answer

    def _get(self, path: str, limit: float | None = None) -> HttpAnswer:
        from orchestrator.hosts.application.http import SECONDS, get

        return get(self._http.rstrip("/") + path, limit or SECONDS)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(max(0.0, seconds))


def _becomes(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition becomes true in that time; it is asked at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _read(pieces: Sequence[tuple[Path, int, int]], offset: int, length: int) -> bytes:
    """Bytes of the pieces as if they were one file."""
    out = b""
    for path, begin, end in pieces:
        size = max(0, end - begin)
        if offset < size and len(out) < length:
            with open_unwaiting(path) as file:
                file.seek(begin + offset)
                out += file.read(min(size - offset, length - len(out)))
        offset = max(0, offset - size)
    return out
