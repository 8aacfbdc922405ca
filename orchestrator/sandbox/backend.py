"""The backend's services: `python -m orchestrator.sandbox.backend start|stop|status <home> <release> <room for a title>`.

Each is a process of its own that does nothing but be there until SIGTERM. Most have set their title: their command line is ONE
string, in which the home stands behind a blank (facts 24.1). Mailout is Java whose command line names no home at all; bav looks
as programs do. The stop ends bav first, and waits without limit for what does not end. All is told on standard error, padded.
From 20.10 on the start records its version, in the database, or in a file when the table is not there (facts 6).
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from orchestrator.sandbox import processes
from orchestrator.sandbox.titles import set_title
from workflows.model.version import Version

FIRST_LINE_WITH_RELEASE_LOG = Version(20, 10)
FIRST_LINE_WITH_PYTHON_3 = Version(20, 4)
TOLD = (
    "once", "mailout", "update", "trigger", "generate", "mta", "pickdist", "slrtscn", "direct-path", "bav-update", "bavd", "bav",
    "mlcontrol",
)  # fmt: skip
WIDTH = max(map(len, TOLD)) + 1
MTA = frozenset({"mta", "mlcontrol"})  # any process that has the word "master" is one of theirs
JAVA = "java\0-Xms256m\0-Xmx1024m\0org.agnitas.backend.MailoutServerXMLRPC\0*"
SCRIPTS: Mapping[str, str] = {
    "update": "-bw account mailtrack bounce deliver release [watchdog]",
    "trigger": "-bw [watchdog]",
    "generate": "-b [schedule]",
    "pickdist": "-bw [watchdog]",
    "slrtscn": "-b",
    "direct-path": "-b [master]",
    "bav-update": "-bw [watchdog]",
    "bavd": "-bw [watchdog]",
}
NEVER = 1e9


@dataclass(frozen=True)
class Backend:
    """One release's backend in its home."""

    home: Path
    release: Path

    @property
    def version(self) -> Version:
        """As its folder says."""
        return Version.parse(self.release.name.removeprefix("V"))

    def titles(self) -> Mapping[str, tuple[str, ...]]:
        """By service, in the order of their start, how its processes are shown."""
        python, three = ("python3", "3") if self.version >= FIRST_LINE_WITH_PYTHON_3 else ("python2", "")
        watch = f"{python} {self.home}/scripts/watchdog{three}.py"
        bav = f"{self.home}/bin/bav -L DEBUG -l"
        scripts = {name: (f"{python} {self.home}/scripts/{name}{three}.py {args}",) for name, args in SCRIPTS.items()}
        mailout = (f"{watch} -imerger -r1800 -bo{self.home}/JAVA/BACKEND.LOG -- {JAVA.replace(chr(0), ' ')}", JAVA)
        return {"mailout": mailout, **scripts, "bav": (f"{watch} -bo- -- {bav}", bav.replace(" ", "\0"))}

    def start(self) -> int:
        """Start every service, those that run anew; record the release."""
        if self._hook("backend-fail") is not None:
            _tell("mailout", "fail")
            return 1
        self.stop(quiet=True)
        ready, told = os.pipe()
        titles = [(name, title) for name, shown in self.titles().items() for title in shown]
        for name, title in titles:
            if os.fork() == 0:
                os.close(ready)
                self._serve(name, title, told)
        os.close(told)
        while os.read(ready, len(titles)):  # until every one has closed its end
            pass
        if self.version >= FIRST_LINE_WITH_RELEASE_LOG:
            self._record()
        return self.status()

    def _serve(self, name: str, title: str, told: int) -> NoReturn:
        """Be a service. SIGTERM ends it: at once, later or never, as the hooks say by then."""
        try:
            os.setsid()
            os.dup2(1, 2)  # the log: nobody who started us waits for us to close a pipe
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            set_title(title)
            os.close(told)
            while signal.sigwait({signal.SIGTERM}) and self._hook("backend-deaf") == name:
                pass
            later = None if name == "bav" else self._hook("backend-outlives")
            time.sleep(0 if later is None else float(later or NEVER))
        finally:
            os._exit(0)

    def stop(self, *, quiet: bool = False) -> int:
        """End every service, the last one first, and each waited for without limit."""
        for name in reversed(list(self.titles())):
            for pid in self._processes(name):
                os.kill(pid, signal.SIGTERM)
                if name == "bav" or self._hook("backend-outlives") is None:
                    _await_end(pid)
            if name == "bav" and self._hook("stop-hangs") is not None:
                sys.stderr.write("waiting for finishing mail generation .. ")
                sys.stderr.flush()
                signal.pause()
        if not quiet:
            for name in TOLD:
                _tell(name, "ok" if name == "once" else "stopped")
        return 0

    def status(self) -> int:
        """Tell the state of each, which counts processes by what they call themselves."""
        if self._hook("status-fails") is not None:
            raise ImportError("cannot import name 'Iterable' from 'collections'")
        if self._hook("status-hangs") is not None:
            signal.pause()
        for name in TOLD:
            _tell(name, self._state(name))
        return 0

    def _state(self, name: str) -> str:
        if name == "once":
            return "ok" if self._hook("once-left") is None else "incomplete (1 files remaining: tag-install.sh)"
        if name in MTA:
            return "running" if any("master" in " ".join(command) for _, command in processes.commands()) else "stopped (stopped)"
        there, wanted = len(self._processes(name)), len(self.titles()[name])
        return "running" if there >= wanted else "incomplete" if there else "stopped"

    def _processes(self, name: str) -> list[int]:
        own = set(processes.backend(self.home))
        shown = {tuple(title.split("\0")) for title in self.titles()[name]}
        return [pid for pid, command in processes.commands() if pid in own and tuple(command) in shown]

    def _hook(self, name: str) -> str | None:
        file = self.home / "etc/sandbox.d" / name
        return file.read_text(encoding="utf-8").strip() if file.is_file() else None

    def _record(self) -> None:
        import pymysql

        from orchestrator.sandbox.installation import Installation
        from orchestrator.sandbox.startup import log_release

        installation = Installation(self.home)
        try:
            with installation.connect_as_backend() as connection:
                properties = {"ApplicationVersion": str(self.version)}
                log_release(connection, installation.hostname(), "BACKEND-OPENEMM", properties)
        except pymysql.Error:
            with (self.home / "var/log/release.log").open("a") as file:
                file.write(f"BACKEND-OPENEMM;{self.version}\n")


def _tell(name: str, state: str) -> None:
    sys.stderr.write(f"{name:<{WIDTH}}: {state}\n")


def _await_end(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([handle], [], [])
    os.close(handle)


def main(verb: str, home: str, release: str) -> int:
    """Do what the script was told to."""
    backend = Backend(Path(home), Path(release))
    return {"start": backend.start, "stop": backend.stop, "status": backend.status}[verb]()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
