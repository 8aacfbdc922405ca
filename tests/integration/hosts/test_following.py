"""A long command that is followed: what is told of it, and that it ends with whoever follows it."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator.command import CommandError
from orchestrator.following import follow


def ended(pid: int) -> bool:
    """Whether it has ended, a zombie that nobody collects yet included."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_its_lines_are_counted_and_the_last_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []
    follow(["seq", "3"], timeout=30, on_line=lambda *line: told.append(line), env={}, cwd=tmp_path)
    assert told
    assert told[-1][1] in ("1", "2", "3")


def test_one_that_fails_quotes_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        follow(["sh", "-c", "seq 40; echo no compiler >&2; exit 3"], timeout=30, on_line=lambda *_: None, env={}, cwd=tmp_path)
    assert caught.value.error_key == "command-failed"
    assert caught.value.detail[-1] == "no compiler"
    assert len(caught.value.detail) == 25


@pytest.mark.parametrize("how", ["too long", "not wanted"])
def test_it_is_killed_with_all_that_it_started_when_it_takes_too_long_or_is_not_wanted(tmp_path: Path, how: str) -> None:
    pids: list[int] = []

    def on_line(count: int, line: str) -> None:
        del count
        pids.append(int(line))
        if how == "not wanted":
            raise KeyboardInterrupt

    with pytest.raises(CommandError if how == "too long" else KeyboardInterrupt):
        follow(["sh", "-c", "sleep 60 & echo $!; wait"], timeout=1.0, on_line=on_line, env={}, cwd=tmp_path)
    (pid,) = pids
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        select.select([descriptor], [], [], 30)
        os.close(descriptor)
    assert ended(pid)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        follow(["no-such-program"], timeout=1.0, on_line=lambda *_: None, env={}, cwd=tmp_path)
    assert caught.value.error_key == "command-missing"
