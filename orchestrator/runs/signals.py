"""Ctrl-C once pauses safely, twice stops now; a terminal that goes away does not stop a run."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class PauseFlag:
    """Raised by the first SIGINT or SIGTERM."""

    def __init__(self) -> None:
        self.set = False

    def __bool__(self) -> bool:
        return self.set


@contextmanager
def pausable() -> Iterator[PauseFlag]:
    """Within, SIGINT and SIGTERM set the flag; a second one raises KeyboardInterrupt; SIGHUP is ignored."""
    flag = PauseFlag()

    def ask(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if flag.set:
            raise KeyboardInterrupt
        flag.set = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
