"""The plain Debian 12 of script/fresh is what it says, and is gone afterwards, whatever ended it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator.command import run
from tests.system.lab import leftovers
from tests.system.lab.lab import Lab
from tests.system.lab.root import Kind, ready_root

REPOSITORY = Path(__file__).parents[2]
FRESH = [sys.executable, "-m", "tests.system.lab", "fresh"]
LOOK = """
python3 --version; git log -1 --format=%H; ls /root; find .venv /etc/hosts; echo "$HOME"
python3 -c 'import socket; socket.getaddrinfo("localhost", 80)' 2>&1 | tail -1
touch /usr/bin/new; exit 7
"""


@pytest.fixture(autouse=True)
def root(lab: Lab) -> Path:
    """As it was built once."""
    return ready_root(Kind.FRESH)


def test_it_has_the_distributions_python_a_clone_a_home_and_no_localhost(root: Path) -> None:
    said = run([*FRESH, "sh", "-c", LOOK], timeout=300, cwd=REPOSITORY, expect=[7]).stdout.splitlines()
    commit = run(["git", "-c", "safe.directory=*", "rev-parse", "HEAD"], timeout=30, cwd=REPOSITORY).stdout.strip()
    assert said[:4] == ["Python 3.11.2", commit, "orchestrate", "/root"]
    assert "gaierror" in said[4]
    assert not (root / "usr/bin/new").exists()


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_runs_on_when_it_is_killed_and_its_folder_goes(ended_by: signal.Signals) -> None:
    program = f"sleep 600.{time.monotonic_ns()}"
    with subprocess.Popen(
        [*FRESH, "sh", "-c", f"echo here; {program}; true"], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "here\n"
        (folder,) = leftovers.LABS.glob(f"{process.pid}-*")
        assert running(program)
        process.send_signal(ended_by)
    deadline = time.monotonic() + 30
    while running(program):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert folder.exists() == (ended_by is signal.SIGKILL)
    leftovers.clean()
    assert leftovers.found(folder) == []


def running(program: str) -> bool:
    """Whether it runs anywhere on this machine."""
    return any(program in text(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def text(path: Path) -> str:
    try:
        return path.read_text().replace("\0", " ")
    except OSError:  # it has just ended
        return ""
