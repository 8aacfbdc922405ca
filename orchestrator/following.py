"""A long command whose output is followed line by line, and which ends with whoever follows it."""

from __future__ import annotations

import os
import selectors
import shlex
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from orchestrator.command import PIPE, STDOUT, TAIL_LINES, CommandError, WaitedTooLongError, end, start, tail

CHUNK = 1 << 16
LONGEST = 1 << 16  # bytes of a line without an end
QUIET = 0.5  # seconds between two calls of `on_line`


def follow(
    args: Sequence[str], *, timeout: float, on_line: Callable[[int, str], None], env: Mapping[str, str], cwd: Path
) -> None:
    """Run a command to its end; it is ended with all it started when it takes too long or `on_line` raises.

    Args:
        args: program and arguments; a secret never stands here.
        timeout: seconds.
        on_line: called twice a second at the most, with the number of lines so far and the last one; may raise.
        env: added to the environment set by us.
        cwd: folder to run in.

    Raises:
        CommandError: "command-missing", "command-timeout" or "command-failed", with the last lines of its output.
    """
    shown = shlex.join(args)
    last: deque[str] = deque(maxlen=TAIL_LINES)
    process = start(args, stdout=PIPE, stderr=STDOUT, env=env, cwd=cwd, ends_with_us=True)
    with process:
        try:
            _read(process.stdout, time.monotonic() + timeout, last, on_line)  # type: ignore[arg-type]  # it is a pipe
            code = process.wait(timeout=QUIET * 20)
        except (TimeoutError, WaitedTooLongError):
            raise CommandError(
                f"{args[0]} did not end within {timeout:.0f} s", key="command-timeout", command=shown, detail=_told(last)
            ) from None
        finally:
            if process.poll() is None:
                end(process)
    if code:
        raise CommandError(f"{args[0]} failed with exit code {code}", command=f"{shown}   exit {code}", detail=_told(last))


def _read(output: IO[bytes], end: float, last: deque[str], on_line: Callable[[int, str], None]) -> None:
    """Until the output ends.

    Raises:
        TimeoutError: it did not in time.
    """
    rest, count, said = b"", 0, 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, end - time.monotonic())):
                raise TimeoutError
            data = os.read(output.fileno(), CHUNK)
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-LONGEST:]
            if not data:
                lines.append(rest)
            last.extend(line.decode(errors="replace") for line in lines if line.strip())
            count += len(lines)
            if last and time.monotonic() - said >= QUIET:
                said = time.monotonic()
                on_line(count, last[-1])
            if not data:
                return


def _told(last: deque[str]) -> list[str]:
    return tail("\n".join(last))
