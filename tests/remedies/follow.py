"""Does what the tool has printed, as an administrator would: the text itself, in a shell."""

from __future__ import annotations

import contextlib
import itertools
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.command import environment
from tests.remedies import table
from tests.remedies.collector import PARTED, plain

PROGRAMS = Path(sys.executable).parent  # `orchestrate` is beside it
SECONDS = 240.0
CLIENTS = ("mariadb", "mariadb-dump")


def command(remedy: str, last: Sequence[str] = (), named: Mapping[str, str] | None = None) -> str:
    """What a shell is given for a remedy: without its remark, its questions answered with yes.

    last: the arguments of the command that is to be given again. named: what stands for words in capitals (VERSION, FILE).
    """
    text = plain(remedy).partition(PARTED)[0]
    if text.startswith(table.SAME):
        how, _, options = text.removeprefix(table.SAME).strip().partition(" ")
        text = f"orchestrate {shlex.join(_without(last, options) if how == 'without' else last)}"
        text += f" {options}" if how == "with" else ""
    for word, value in (named or {}).items():
        text = re.sub(rf"\b{word}\b", value, text)
    text = re.sub(r"^(dnf|yum|apt|apt-get) (install|upgrade) ", r"\1 -y \2 ", text)
    return re.sub(r"(^|&& |=\S+ )orchestrate ", r"\1orchestrate --yes ", text)


def _without(words: Sequence[str], option: str) -> list[str]:
    """Without that option and its value."""
    at = words.index(option)
    valued = len(words) > at + 1 and not words[at + 1].startswith("-")
    return [*words[:at], *words[at + 1 + valued :]]


def follow(
    remedy: str,
    *,
    site: Path | str = "/nowhere",
    last: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    socket: Path | str | None = None,
    expect: Sequence[int] = (0,),
    **env: str,
) -> subprocess.CompletedProcess[str]:
    """Do it, see that it ended well, and that its row names the test that does so.

    site: the site file or sandbox it is about; socket: of the database server that `mariadb` reaches there.
    """
    seen(remedy)
    path = f"{PROGRAMS}{os.pathsep}{environment()['PATH']}"
    said = subprocess.run(
        ["/bin/bash", "-c", _clients(socket) + command(remedy, last, named)], capture_output=True, text=True, timeout=SECONDS,
        check=False, stdin=subprocess.DEVNULL, cwd=cwd or Path("/"),
        env={**environment(), "PATH": path, "ORCHESTRATE_SITE": str(site), "LINES": "50", **env},
    )  # fmt: skip
    assert said.returncode in expect, f"{remedy}: exit {said.returncode}\n{said.stdout[-2000:]}\n{said.stderr[-2000:]}"
    return said


def follow_on_terminal(remedy: str, *typed: str, socket: Path | str) -> tuple[int, str]:
    """Do what asks on a terminal, and type these lines one after the other; its exit code, and what it said."""
    seen(remedy)
    master, slave = pty.openpty()
    line = _clients(socket) + command(remedy)
    asked = subprocess.Popen(
        ["setsid", "--ctty", "--wait", "/bin/bash", "-c", line], stdin=slave, stdout=slave, stderr=slave, cwd="/",
        env=environment(),
    )  # fmt: skip
    os.close(slave)
    said, answers = b"", list(typed)
    with contextlib.suppress(OSError):  # EIO, when nobody has it open any more
        while chunk := os.read(master, 65536):
            said += chunk
            if answers and said.endswith((b"password: ", b"> ")):
                os.write(master, f"{answers.pop(0)}\n".encode())
    os.close(master)
    return asked.wait(SECONDS), said.decode()


def _clients(socket: Path | str | None) -> str:
    return "".join(f'{name}() {{ command {name} --socket={socket} "$@"; }}; ' for name in CLIENTS) if socket else ""


def shown(page: str) -> list[str]:
    """The remedies of a page: what stands behind its word `next`, and below it."""
    lines = page.splitlines()
    at = next((at for at, line in enumerate(lines) if re.match(r" +next +\S", line)), len(lines))
    below = itertools.takewhile(lambda line: re.match(r" {12}\S", line), lines[at + 1 :])
    return [plain(line) for line in [*lines[at : at + 1], *below]]


def seen(remedy: str) -> table.Row:
    """The row of a remedy that the running test does itself; it must name that test."""
    fitting = table.of(remedy)
    test = os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0].partition("[")[0].removeprefix("tests/")
    row = next((row for row in fitting if test in row.run), None)
    assert row, f"the row of {fitting[0].remedy!r} in tests/remedies/{fitting[0].kind}.toml does not name {test}"
    return row
