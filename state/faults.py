"""Named places at which a test may cut the process off, as a crash would (tests/crash).

ORCHESTRATE_FAULT="commit:17" kills this process with SIGKILL at the 17th passing of any place named "commit".
ORCHESTRATE_FAULT_LOG=FILE instead appends every place passed to FILE, so that a test can count them. Unset, or where the tests do
not lie beside this package, as in what a site installs: nothing happens.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Mapping
from pathlib import Path

TESTS = "tests/crash/matrix.py"  # beside what is tested


def given(environ: Mapping[str, str], beside: Path) -> tuple[str, str, str | None]:
    """The place at which to be cut off, at which passing, and the log of places; "" and None: nowhere."""
    name, _, number = environ.get("ORCHESTRATE_FAULT", "").partition(":")
    log = environ.get("ORCHESTRATE_FAULT_LOG")
    return (name, number, log) if (name or log) and (beside / TESTS).is_file() else ("", "", None)


_name, _number, _log = given(os.environ, Path(__file__).parents[1])
_passed = itertools.count(1)


def place(name: str) -> None:
    """Pass the place of that name."""
    if _log:
        with Path(_log).open("a", encoding="utf-8") as file:
            file.write(name + "\n")
    if _name and name == _name and next(_passed) == int(_number or 1):
        os.kill(os.getpid(), signal.SIGKILL)
