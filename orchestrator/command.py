"""The one runner of external commands: argument list, own environment and session, limits on time and output, no shell.

Nothing else in this tool starts a process (ruff's list of banned calls in pyproject.toml keeps that).
"""

from __future__ import annotations

import functools
import os
import pwd
import secrets
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workflows.model.errors import WorkflowError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TAIL_LINES = 25
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
UMASK = 0o022  # what a package manager or a virtual environment writes must be readable, whatever root's shell says
MOST = 64 << 20  # bytes of output
CHUNK = 1 << 16
TRANSIENT = range(61184, 65520)
LEFT_SECONDS = 2.0  # for the output of a command that has ended; what it left running may hold the pipe for ever
ENDING_SECONDS = 5.0
PR_SET_PDEATHSIG = 1

Process = subprocess.Popen[bytes]
WaitedTooLongError = subprocess.TimeoutExpired


class CommandError(WorkflowError):
    """A command could not be run, took too long, or ended with an exit code that was not expected."""

    key = "command-failed"


class _TooMuchError(Exception):
    """It writes more than anybody reads."""


@dataclass(frozen=True)
class Result:
    """What a command printed and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment every command gets: nothing inherited but what is named here."""
    return {"PATH": PATH, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **(extra or {})}


def nobody() -> int | None:
    """The number of a user who is nobody and runs nothing, out of those that systemd gives away for a time (systemd.exec(5)).

    For programs that work on what others have made; None where we are not root.
    """
    if os.geteuid() != 0:
        return None
    running = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            running.add(entry.stat().st_uid)
    while True:
        number = secrets.choice(TRANSIENT)
        with suppress(KeyError):
            pwd.getpwuid(number)
            continue
        if number not in running:
            return number


def tail(text: str, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of an output, each cut at 300 characters."""
    return [line[:300] for line in text.splitlines()[-lines:]]


def start(
    args: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdin: int = DEVNULL,
    stdout: int | IO[Any] = DEVNULL,
    stderr: int | IO[Any] = DEVNULL,
    ends_with_us: bool = False,
    user: int | None = None,
    reads: Sequence[int] = (),
) -> Process:
    """Start a program, in a session of its own: it has no terminal to type into (DESIGN 3.13), and Ctrl-C meets us alone.

    Args:
        args: program and arguments; a secret never stands here.
        env: added to the environment set by us.
        cwd: folder to run in; None: one that holds nothing to stumble over.
        stdin: PIPE, or nothing.
        stdout: PIPE, a file, or nothing.
        stderr: likewise, or STDOUT.
        ends_with_us: it is killed when we are, however we end; but not what it has started.
        user: the number of the user and of the only group that it runs as; None: ours.
        reads: open files of ours that it gets under the same numbers.

    Raises:
        CommandError: "command-missing".
    """
    try:
        return subprocess.Popen(
            list(args), stdin=stdin, stdout=stdout, stderr=stderr, env=environment(env), cwd=cwd or "/", umask=UMASK,
            start_new_session=True, user=user, group=user, extra_groups=None if user is None else [], pass_fds=reads,
            preexec_fn=_tie(os.getpid()) if ends_with_us else None,  # noqa: PLW1509 - nothing but system calls
        )  # fmt: skip
    except OSError as error:
        raise CommandError(f"cannot run {args[0]}: {error.strerror}", key="command-missing", command=shlex.join(args)) from error


def end(process: Process) -> None:
    """End a program and what stayed in its group: asked to, given a little time, then killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(WaitedTooLongError):
        process.wait(ENDING_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(
    args: Sequence[str],
    *,
    timeout: float,
    expect: Sequence[int] | None = (0,),
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    input: str | bytes | None = None,  # noqa: A002
    most: int = MOST,
    ends_with_us: bool = False,
    user: int | None = None,
) -> Result:
    """Run a command to its end.

    Args:
        args: program and arguments; a secret never stands here.
        timeout: seconds.
        expect: exit codes that are no error; None takes any (the vendor's scripts lie, facts 11).
        env: added to the environment set by us.
        cwd: folder to run in; as for `start`.
        input: for its standard input.
        most: bytes of output; it is ended when it writes more.
        ends_with_us: as for `start`.
        user: as for `start`.

    Raises:
        CommandError: "command-missing", "command-timeout", "command-output" or "command-failed".
    """
    shown = shlex.join(args)
    data = input.encode() if isinstance(input, str) else input or b""
    said = bytearray(), bytearray()
    process = start(args, env=env, cwd=cwd, stdin=PIPE, stdout=PIPE, stderr=PIPE, ends_with_us=ends_with_us, user=user)
    with process:
        try:
            code = _talk(process, data, said, time.monotonic() + timeout, most)
        except TimeoutError:
            end(process)
            raise CommandError(
                f"{args[0]} did not end within {timeout:.0f} s", key="command-timeout", command=shown, detail=tail(_text(said[0]))
            ) from None
        except _TooMuchError:
            end(process)
            raise CommandError(
                f"{args[0]} wrote more than {most >> 10} KiB", key="command-output", command=shown, detail=tail(_text(said[0]))
            ) from None
        except BaseException:
            end(process)
            raise
    result = Result(code, _text(said[0]), _text(said[1]))
    if expect is not None and code not in expect:
        raise CommandError(
            f"{args[0]} failed with exit code {code}",
            command=f"{shown}   exit {code}",
            detail=tail(result.stderr or result.stdout),
        )
    return result


def _talk(process: Process, data: bytes, said: tuple[bytearray, bytearray], until: float, most: int) -> int:
    """Feed a process, and take what it says until it has ended; its exit code.

    Raises:
        TimeoutError: it did not in time.
        _TooMuchError: it wrote more than `most` bytes.
    """
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin is None or stdout is None or stderr is None:
        raise AssertionError("internal error: a command without pipes")
    os.set_blocking(stdin.fileno(), False)
    left = memoryview(data)
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ, said[0])
        selector.register(stderr, selectors.EVENT_READ, said[1])
        selector.register(stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(min(_until(until), LEFT_SECONDS))
            if not ready and process.poll() is not None:
                break
            for key, _ in ready:
                if key.fileobj is stdin:
                    left = _feed(key.fd, left)
                    more = bool(left)
                else:
                    more = _take(key.fd, key.data)
                if not more:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]  # it is a pipe
            if sum(map(len, said)) > most:
                raise _TooMuchError
    try:
        return process.wait(_until(until))
    except WaitedTooLongError:
        raise TimeoutError from None


def _until(end: float) -> float:
    """Seconds until then.

    Raises:
        TimeoutError: it is past.
    """
    if (seconds := end - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds


def _take(descriptor: int, said: bytearray) -> bool:
    """Take what it says; False at its end."""
    chunk = os.read(descriptor, CHUNK)
    said.extend(chunk)
    return bool(chunk)


def _feed(descriptor: int, left: memoryview) -> memoryview:
    """What is left of the input; nothing when nobody reads it any more."""
    try:
        return left[os.write(descriptor, left[:CHUNK]) :] if left else left
    except BrokenPipeError:
        return left[:0]


def _text(said: bytearray) -> str:
    return said.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _tie(parent: int) -> Callable[[], None]:
    """What a child does to be killed with us; nothing else, for other threads of ours may hold any lock by then."""
    library = _library()

    def tie() -> None:
        library.setfsuid(os.geteuid())  # a change of it when the program begins would undo the next
        library.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # we were killed meanwhile
            os._exit(1)

    return tie


@functools.cache
def _library() -> Any:
    import ctypes

    return ctypes.CDLL(None)
