"""Processes that call themselves something else, as the Python module setproctitle does (facts 24.1)."""

from __future__ import annotations

import ctypes
from pathlib import Path

ARGUMENTS = 47, 49  # the fields of /proc/PID/stat, from 0, between which the addresses of the arguments stand


def set_title(title: str) -> None:
    """Be shown with this command line: it overwrites our arguments, which must be longer. The rest of them is NULs.

    Raises:
        ValueError: it is too long.
    """
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = (int(field) for field in fields[slice(*(number - 2 for number in ARGUMENTS))])
    text = title.encode()
    if len(text) >= end - start:
        raise ValueError(f"{len(text)} bytes do not fit into {end - start}")
    ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)
