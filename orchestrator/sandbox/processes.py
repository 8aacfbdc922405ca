"""Which processes belong to a sandbox, told by their command lines, and how they are ended."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.hosts.private_server import SERVER_NAMES

APPLICATION = "org.apache.catalina.startup.Bootstrap"
BACKEND = "orchestrator.sandbox.backend"
TERM_SECONDS = 10.0


def application(home: Path) -> list[int]:
    """The web application's processes."""
    return [pid for pid, command in _commands() if APPLICATION in command and f"-Dcatalina.base={home}/tomcat" in command]


def backend(home: Path) -> list[int]:
    """The backend's processes."""
    return [pid for pid, command in _commands() if BACKEND in command and _below(f"{home}/release/backend", command)]


def servers(folder: Path) -> list[int]:
    """MariaDB servers whose data lies under the sandbox, left over test restores included."""
    return [pid for pid, command in _commands() if _is_server(command, folder)]


def end(pids: list[int], number: signal.Signals = signal.SIGTERM) -> None:
    """End these processes and see them gone; those that ignore the signal are killed.

    Raises:
        PermissionError: one is not ours.
    """
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            _end(handle, number)
        finally:
            os.close(handle)


def _end(handle: int, number: signal.Signals) -> None:
    for choice in (number, signal.SIGKILL):
        try:
            signal.pidfd_send_signal(handle, choice)
        except ProcessLookupError:
            return
        if _gone(handle):
            return


def _gone(handle: int) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    deadline = time.monotonic() + TERM_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            return True
    return False


def _is_server(command: list[str], folder: Path) -> bool:
    return Path(command[0]).name in SERVER_NAMES and _below(f"--datadir={folder}", command)


def _below(prefix: str, command: list[str]) -> bool:
    return any(argument.startswith(f"{prefix}/") for argument in command)


def _commands() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if command:
                yield int(entry.name), command.decode(errors="replace").rstrip("\0").split("\0")
