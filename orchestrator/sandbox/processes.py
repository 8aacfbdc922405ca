"""Which processes belong to a sandbox, told by their command lines, and how they are ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.hosts.scratch.private_server import SERVER_NAMES

APPLICATION = "org.apache.catalina.startup.Bootstrap"
BACKEND = "SANDBOX_BACKEND_OF"  # in the environment: what a service calls itself proves nothing
TERM_SECONDS = 10.0


def application(home: Path) -> list[int]:
    """The web application's processes."""
    return [pid for pid, command in commands() if APPLICATION in command and f"-Dcatalina.base={home}/tomcat" in command]


def backend(home: Path) -> list[int]:
    """The backend's processes."""
    mark = f"{BACKEND}={home.resolve()}".encode()
    return [pid for pid, command in commands() if not _is_script(command) and mark in _environment(pid)]


def servers(folder: Path) -> list[int]:
    """MariaDB servers whose data lies under the sandbox, left over test restores included."""
    return [pid for pid, command in commands() if _is_server(command, folder)]


def end(pids: list[int], number: signal.Signals = signal.SIGTERM) -> None:
    """End these processes and see them gone; those that ignore the signal are killed.

    Raises:
        PermissionError: one is not ours.
    """
    handles = [handle for pid in pids if (handle := _handle(pid)) is not None]
    try:
        for choice in (number, signal.SIGKILL):
            for handle in handles:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, choice)
            if _gone(handles):
                return
    finally:
        for handle in handles:
            os.close(handle)


def _handle(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _gone(handles: list[int]) -> bool:
    deadline = time.monotonic() + TERM_SECONDS
    left = set(handles)
    while left and (seconds := deadline - time.monotonic()) > 0:
        left -= set(select.select(left, [], [], seconds)[0])
    return not left


def _is_server(command: list[str], folder: Path) -> bool:
    return Path(command[0]).name in SERVER_NAMES and _below(f"--datadir={folder}", command)


def _below(prefix: str, command: list[str]) -> bool:
    return any(argument.startswith(f"{prefix}/") for argument in command)


def _is_script(command: list[str]) -> bool:
    """Whether it starts, stops or asks the services and is none of them."""
    return "orchestrator.sandbox.backend" in command or any(part.endswith("/backend.sh") for part in command[:2])


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile, or is none of ours
        return []


def commands() -> Iterator[tuple[int, list[str]]]:
    """Every process with its arguments."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if command:
                yield int(entry.name), command.decode(errors="replace").rstrip("\0").split("\0")
