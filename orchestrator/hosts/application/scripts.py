"""The vendor's scripts: run in sight, told to end when they take too long, judged by what runs afterwards (facts 11)."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from orchestrator.command import STDOUT, Process, WaitedTooLongError, run, start, tail
from orchestrator.hosts.units.openemm import in_a_scope
from orchestrator.user import command_as, environment_of
from workflows.host.application import UNLIMITED, Tell
from workflows.model.errors import WorkflowError

OUTPUT_BYTES = 64 << 10
BLOCK = 512  # bytes, of st_blocks
OUTPUT_MOST = 64 << 20  # of disk; what a script has written is dropped beyond that
TELL_SECONDS = 1.0
MARGIN = 10.0
ENDING_SECONDS = 5.0
OVER_TIME = 124  # of timeout(1)
SIGNALLED = 128  # and more: a shell's way to say that a signal ended it


class ApplicationError(WorkflowError):
    """The application does not do as it is told."""

    key: ClassVar[str] = "application-failed"


@dataclass(frozen=True)
class Ended:
    """How a script ended. exit_code None: it did not in time."""

    command: str
    exit_code: int | None
    output: tuple[str, ...]

    @property
    def cut(self) -> bool:
        """Whether it was cut short, by us or by somebody else: then it proves nothing at all."""
        return self.exit_code is None or self.exit_code < 0 or self.exit_code > SIGNALLED

    @property
    def how(self) -> str:
        """The command with its end, as errors show it."""
        return f"{self.command}   {'did not end' if self.exit_code is None else f'exit {self.exit_code}'}"


@dataclass(frozen=True)
class Scripts:
    """How the scripts of one home are run: as its user, in its environment, their output in a file.

    So nobody waits for what they leave running to close a pipe.
    """

    user: str
    home: Path

    def start(self, script: Path, timeout: float, lives_in: str, tell: Tell) -> Ended:
        """Run `start`, in a control group of its own of that name. One that takes too long is left, with all it started."""
        return self._run(script, "start", in_a_scope(self._as_user([str(script), "start"]), lives_in), timeout, tell)

    def stop(self, script: Path, timeout: float, tell: Tell) -> Ended:
        """Run `stop`. One that takes too long is ended with all that it started, for it would go on behind our back."""
        args = self._as_user(["timeout", "--kill-after=5", f"{timeout}", str(script), "stop"])
        return self._run(script, "stop", args, timeout + MARGIN, tell)

    @property
    def name(self) -> str:
        """Whose they are."""
        return self._environment()["USER"]

    def open_files(self) -> tuple[int, int]:
        """How many files a script may have open, and to how many it could raise that."""
        args = self._as_user(["sh", "-c", "ulimit -Sn; ulimit -Hn"])
        soft, hard = run(args, timeout=MARGIN, env=self._environment(), cwd="/").stdout.split()
        return _limit(soft), _limit(hard)

    def _as_user(self, args: list[str]) -> list[str]:
        return command_as(self.user, self.home, args)

    def _environment(self) -> dict[str, str]:
        return environment_of(self.user, self.home)

    def _run(self, script: Path, verb: str, args: list[str], timeout: float, tell: Tell) -> Ended:
        if not script.exists():
            raise ApplicationError(
                f"cannot {verb} OpenEMM: there is no {script}",
                key="script-missing",
                next=[f"ls -l {script}    where does it lead?"],
            )
        shown = f"{script} {verb}"
        with tempfile.TemporaryFile() as output:
            process = start(args, stdout=output, stderr=STDOUT, env=self._environment(), cwd=self.home)
            code = _await(process, timeout, lambda seconds: tell(seconds, (_said(output) or [""])[-1]))
            return Ended(shown, None if code == OVER_TIME else code, tuple(_said(output)))


def _limit(said: str) -> int:
    return int(said) if said.isdecimal() else UNLIMITED


def _await(process: Process, timeout: float, tell: Callable[[float], None]) -> int | None:
    """Its exit code; None: it did not end, was told to, and given a little time for that."""
    begun = time.monotonic()
    while (seconds := time.monotonic() - begun) < timeout:
        try:
            return process.wait(min(TELL_SECONDS, timeout - seconds))
        except WaitedTooLongError:
            tell(time.monotonic() - begun)
    process.terminate()
    with contextlib.suppress(WaitedTooLongError):
        process.wait(ENDING_SECONDS)
    return None


def _said(output: IO[bytes]) -> list[str]:
    """The last lines of an output, read without moving the place where the script writes on."""
    size = os.fstat(output.fileno()).st_size
    said = os.pread(output.fileno(), OUTPUT_BYTES, max(0, size - OUTPUT_BYTES)).lstrip(b"\0")
    if os.fstat(output.fileno()).st_blocks * BLOCK > OUTPUT_MOST:
        os.truncate(output.fileno(), 0)  # it writes on where it was, behind a hole
    return tail(said.decode(errors="replace"))
