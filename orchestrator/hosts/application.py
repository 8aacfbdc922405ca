"""OpenEMM's processes, log and pages (facts 11 and 17), through its unit and the vendor's scripts, whose exit codes lie."""

from __future__ import annotations

import io
import queue
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from orchestrator.hosts import processes
from orchestrator.hosts.command import CommandError, environment, run, tail
from orchestrator.hosts.processes import Process
from orchestrator.hosts.unit import UNIT, Unit, in_a_scope
from orchestrator.hosts.user import command_as, environment_of
from workflows.errors import WorkflowError
from workflows.host import AppState, HttpAnswer, LogMark

if TYPE_CHECKING:
    from orchestrator.settings import Settings

LOG = "tomcat/logs/catalina.out"
LOG_HEAD, LOG_TAIL = 1 << 20, 3 << 20
STATUS_SECONDS = 60.0
START_MARGIN = 30.0
APPEAR_SECONDS = 2.0
POLL_SECONDS = 0.1
PAGE_POLL = 0.2
OUTPUT_BYTES = 64 << 10
_STATUS = re.compile(r"\s*([\w.-]+):\s*(ok|fail|running|stopped|incomplete)\b")
_UP = ("running", "incomplete")
_NOT_OURS = "mta"  # Postfix runs on after a stop of the backend (facts 12)


class ApplicationError(WorkflowError):
    """The application does not do as it is told."""

    key: ClassVar[str] = "application-failed"


@dataclass(frozen=True)
class _Ended:
    """How a script ended. exit_code None: it did not in time and was told to."""

    command: str
    exit_code: int | None
    output: tuple[str, ...]

    @property
    def how(self) -> str:
        """The command with its end, as errors show it."""
        return f"{self.command}   {'did not end' if self.exit_code is None else f'exit {self.exit_code}'}"


class RealApplication:
    """The application of one site, as `workflows.host.Application` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name the home; nothing is touched yet."""
        self._home = settings.home
        self._user = settings.user
        self._http = settings.http
        self._start_timeout = settings.start_timeout
        self._stop_timeout = settings.stop_timeout
        self._unit = Unit(settings.home)
        self._page: queue.SimpleQueue[HttpAnswer] | None = None  # of the question that is open

    def state(self) -> AppState:
        """What runs now, by processes; the backend also when its status names a service other than the MTA as up."""
        found = processes.running()
        backend = bool(processes.backend(self._home, found)) or self._services_up()
        return AppState(bool(processes.frontend(self._home, found)), backend, self._unit.believed_up())

    def _services_up(self) -> bool:
        """Whether backend.sh status, on stderr, tells a service as up. A backend without script has none."""
        script = self._backend_script()
        if not script.exists():
            return False
        args = command_as(self._user, self._home, [str(script), "status"])
        status = run(args, timeout=STATUS_SECONDS, expect=None, env=self._environment(), cwd=self._home)
        matches = (_STATUS.match(line) for line in status.stderr.splitlines())
        return any(match[1] != _NOT_OURS and match[2] in _UP for match in matches if match)

    def start_frontend(self) -> None:
        """Start Tomcat; returns when the script ends.

        Raises:
            ApplicationError: "application-not-started": the script failed and there is no process;
                "application-start-timeout": the script did not end; "script-missing".
        """
        self._page = None
        self._start(self._frontend_script(), "frontend", self._frontend_runs)

    def stop_frontend(self) -> None:
        """Stop Tomcat and see it gone. Nothing to do when it does not run.

        Raises:
            ApplicationError: "application-still-running" with what runs; nothing is killed. "script-missing".
        """
        if not self._frontend_runs():
            return
        self._stop(self._frontend_script(), "frontend", self._frontend_runs, lambda: processes.frontend(self._home))

    def start_backend(self) -> None:
        """Start the backend services; errors as for `start_frontend`.

        Where the frontend runs they are what is missing of OpenEMM: then its unit starts them, unless that is held. It finds
        the frontend running and leaves it alone (facts 11), and a later stop of the unit stops both.
        """
        if self._unit.ours() and self._frontend_runs() and not self._unit.believed_up() and self._unit.holder() is None:
            self._start_unit()
        else:
            self._start(self._backend_script(), "backend", self._backend_runs)

    def stop_backend(self) -> None:
        """Stop the backend services and see them gone; errors as for `stop_frontend`.

        The script waits without limit while mail is being made (facts 7.2): after the stop timeout it is ended, not OpenEMM.
        """
        if not self._backend_runs():
            return
        self._stop(self._backend_script(), "backend", self._backend_runs, lambda: processes.backend(self._home))

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
        if not self._unit.believed_up() or not _becomes(self._backend_runs, APPEAR_SECONDS):
            raise ApplicationError(
                f"cannot start the backend: {UNIT} was started, and its services do not run",
                key="application-not-started", command=f"systemctl start {UNIT}   exit {started.exit_code}",
                detail=tail(started.stderr),
                next=[f"journalctl -u {UNIT}    what the scripts said", "orchestrate resume    once the cause is gone"],
            )  # fmt: skip

    def _frontend_runs(self) -> bool:
        return bool(processes.frontend(self._home))

    def _backend_runs(self) -> bool:
        return bool(processes.backend(self._home)) or self._services_up()

    def _frontend_script(self) -> Path:
        return self._home / "bin/emm.sh"

    def _backend_script(self) -> Path:
        script = self._home / "release/backend/current/bin/backend.sh"
        return script if script.exists() else self._home / "bin/backend.sh"

    def _environment(self) -> dict[str, str]:
        return environment_of(self._user, self._home)

    def _start(self, script: Path, what: str, runs: Callable[[], bool]) -> None:
        ended = self._script(script, "start", self._start_timeout + START_MARGIN, lives_in=what)
        if ended.exit_code is None:
            raise ApplicationError(
                f"cannot start the {what}: its script did not end within {self._start_timeout + START_MARGIN:.0f} s",
                key="application-start-timeout",
                command=ended.how,
                detail=ended.output,
            )
        if ended.exit_code != 0 and not _becomes(runs, APPEAR_SECONDS):
            raise ApplicationError(
                f"cannot start the {what}: its script failed and no process is there",
                key="application-not-started",
                command=ended.how,
                detail=ended.output,
            )

    def _stop(self, script: Path, what: str, runs: Callable[[], bool], which: Callable[[], Sequence[Process]]) -> None:
        deadline = time.monotonic() + self._stop_timeout
        ended = self._script(script, "stop", self._stop_timeout)
        if _becomes(lambda: not runs(), max(0.0, deadline - time.monotonic())):
            return
        left = which()
        pids = " ".join(str(process.pid) for process in left)
        raise ApplicationError(
            f"the {what} still runs {self._stop_timeout:.0f} s after it was told to stop",
            key="application-still-running",
            command=ended.how,
            detail=[*(f"process {process}" for process in left[:10]), *ended.output[-14:]],
            next=[
                f"ps -fp {pids.replace(' ', ',')}    what it does" if pids else f"{script} status    what runs",
                "orchestrate resume    once it is gone",
            ],
        )

    def _script(self, script: Path, verb: str, timeout: float, lives_in: str | None = None) -> _Ended:
        """Run a script whose children live on: its output goes to a file, so that nobody waits for them to close a pipe.

        lives_in: the name of a control group of their own.
        """
        if not script.exists():
            raise ApplicationError(
                f"cannot {verb} OpenEMM: there is no {script}",
                key="script-missing",
                next=[f"ls -l {script}    where does it lead?"],
            )
        shown = f"{script} {verb}"
        args = command_as(self._user, self._home, [str(script), verb])
        if lives_in:
            args = in_a_scope(args, lives_in)
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    args, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    env=environment(self._environment()), cwd=self._home, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise CommandError(f"cannot run {script}: {error.strerror}", key="command-missing", command=shown) from error
            code: int | None
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.terminate()
                code = None
                _wait_a_little(process)
            size = output.seek(0, io.SEEK_END)
            output.seek(max(0, size - OUTPUT_BYTES))
            return _Ended(shown, code, tuple(tail(output.read().decode(errors="replace"))))

    def log_mark(self) -> LogMark:
        """The end of catalina.out now; inode 0 when there is none yet."""
        try:
            status = (self._home / LOG).stat()
        except FileNotFoundError:
            return LogMark(0, 0)
        return LogMark(status.st_ino, status.st_size)

    def log_since(self, mark: LogMark) -> str:
        """What was written since the mark, at most 4 MiB: the first 1 and the last 3, with a line saying what was left out.

        A log that was rotated away beside the new one is read to its end first; one cut to nothing begins anew.
        """
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
        from orchestrator.hosts.http import SECONDS, get

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


def _wait_a_little(process: subprocess.Popen[bytes]) -> None:
    """Give a script that was told to end the time to do so; one that does not is left alone."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        return


def _read(pieces: Sequence[tuple[Path, int, int]], offset: int, length: int) -> bytes:
    """Bytes of the pieces as if they were one file."""
    out = b""
    for path, begin, end in pieces:
        size = max(0, end - begin)
        if offset < size and len(out) < length:
            with path.open("rb") as file:
                file.seek(begin + offset)
                out += file.read(min(size - offset, length - len(out)))
        offset = max(0, offset - size)
    return out
