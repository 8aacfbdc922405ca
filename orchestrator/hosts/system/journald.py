"""Structured lines in the system's journal, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL); no library needed."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

SOCKET = Path("/run/systemd/journal/socket")
ERROR, NOTICE = "3", "5"
SECONDS = 0.2  # for a journal that is full


def send(message: str, fields: Mapping[str, str], *, path: Path | None = None) -> bool:
    """Send one line with its fields; whether it was taken. A host without the journal is no error, nor is a full one.

    Args:
        message: what `journalctl` shows.
        fields: upper-case names, as `journalctl NAME=value` finds them; PRIORITY is that of a notice unless given.
        path: the journal's socket when it is elsewhere.
    """
    known = {"MESSAGE": message, "PRIORITY": NOTICE, "SYSLOG_IDENTIFIER": "orchestrate", **fields}
    datagram = b"".join(_field(name, value) for name, value in known.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(SECONDS)
            sender.connect(str(path or SOCKET))
            sender.send(datagram)
    except OSError:
        return False
    return True


def _field(name: str, value: str) -> bytes:
    raw = value.encode(errors="backslashreplace")
    if b"\n" not in raw:
        return name.encode() + b"=" + raw + b"\n"
    return name.encode() + b"\n" + len(raw).to_bytes(8, "little") + raw + b"\n"
