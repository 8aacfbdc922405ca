"""A process at the instant between its program's file and its arguments: the kernel shows the one and not the other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from orchestrator import processes

PID = 4194303 + 1  # above what a kernel gives
HOME = Path("/home/openemm")


@pytest.fixture(name="entry")
def a_process_that_just_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    entry = tmp_path / str(PID)
    entry.mkdir()
    (entry / "cmdline").touch()
    (entry / "exe").symlink_to(HOME / "bin/xmlback")
    monkeypatch.setattr(processes, "PROC", tmp_path)
    return entry


def test_it_is_waited_for(entry: Path) -> None:
    (args := entry / "args").write_bytes(b"/home/openemm/bin/xmlback\0a=b\0")
    begins = threading.Timer(0.02, args.rename, [entry / "cmdline"])
    begins.start()
    (found,) = processes.xmlback(HOME)
    begins.join()
    assert found.args == ("/home/openemm/bin/xmlback", "a=b")


@pytest.mark.usefixtures("entry")
def test_one_that_never_shows_its_arguments_is_told_by_its_program() -> None:
    (found,) = processes.running()
    assert found.args == ("/home/openemm/bin/xmlback",)
    assert [found] == processes.backend(HOME)


def test_a_kernel_thread_and_a_zombie_are_none(entry: Path) -> None:
    (entry / "exe").unlink()
    assert processes.running() == []
