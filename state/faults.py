"""Named places at which a test may cut the process off, as a crash would (tests/crash).

ORCHESTRATE_FAULT="commit:17" kills this process with SIGKILL at the 17th passing of any place named "commit".
ORCHESTRATE_FAULT_LOG=FILE instead appends every place passed to FILE, so that a test can count them. Unset: nothing happens.
"""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

_name, _, _number = os.environ.get("ORCHESTRATE_FAULT", "").partition(":")
_log = os.environ.get("ORCHESTRATE_FAULT_LOG")
_passed = itertools.count(1)


def place(name: str) -> None:
    """Pass the place of that name."""
    if _log:
        with Path(_log).open("a", encoding="utf-8") as file:
            file.write(name + "\n")
    if _name and name == _name and next(_passed) == int(_number or 1):
        os.kill(os.getpid(), signal.SIGKILL)
