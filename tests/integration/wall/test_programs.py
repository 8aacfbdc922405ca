"""What a program that we start, or the environment that we are started in, may try (DESIGN 3.13); one row an attack."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.command import PIPE, CommandError, end, run, start
from orchestrator.following import follow

ORCHESTRATE = Path(sys.executable).parent / "orchestrate"
ROOT = Path(__file__).parents[3]
TERMINAL = """
import fcntl, os, sys, termios
found = []
for name in ("/dev/tty", 0, 1, 2):
    try:
        descriptor = name if isinstance(name, int) else os.open(name, os.O_RDWR)
        fcntl.ioctl(descriptor, termios.TIOCSTI, b"x")
        found.append(f"typed by {name}")
    except OSError:
        found += [f"{name} is a terminal"] if isinstance(name, int) and os.isatty(name) else []
print(found, file=open(sys.argv[1], "w"))
"""
STARTED = """
import sys
from pathlib import Path
from orchestrator.command import run, start
from orchestrator.following import follow
args = [sys.executable, "-c", sys.argv[2], *sys.argv[3:]]
ways = {
    "run": lambda: run(args, timeout=30),
    "start": lambda: start(args).wait(),
    "follow": lambda: follow(args, timeout=30, on_line=lambda *_: None, env={}, cwd=Path("/")),
}
ways[sys.argv[1]]()
"""


def at_a_terminal(way: str, program: str, *args: object) -> tuple[subprocess.Popen[bytes], int]:
    """A process that starts the program in that way; its terminal, which is its controlling one, is the second."""
    master, slave = pty.openpty()
    code = (
        "import fcntl, os, signal, sys, termios; signal.signal(signal.SIGINT, signal.SIG_DFL); "  # a shell's & has it ignored
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
    )
    command = [sys.executable, "-c", STARTED, way, program, *map(str, args)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=ROOT
    )
    os.close(slave)
    return process, master


def awaited(file: Path) -> str:
    """What stands in a file, once something does."""
    until = time.monotonic() + 30
    while not (file.is_file() and file.read_text()):
        assert time.monotonic() < until, f"nobody wrote {file}"
        time.sleep(0.02)
    return file.read_text().strip()


def gone(pid: int) -> bool:
    """Whether a process has ended, or does within a time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready = select.select([descriptor], [], [], 15)[0]
    os.close(descriptor)
    return bool(ready)


@pytest.mark.parametrize("way", ["run", "start", "follow"])
def test_a_program_has_no_terminal_to_type_into(way: str, tmp_path: Path) -> None:
    process, master = at_a_terminal(way, TERMINAL, tmp_path / "found")
    assert process.wait(30) == 0
    os.close(master)
    assert (tmp_path / "found").read_text() == "[]\n"


@pytest.mark.parametrize("way", ["run", "start", "follow"])
def test_control_c_meets_us_and_not_the_program(way: str, tmp_path: Path) -> None:
    program = "import os, signal, sys; print(os.getpid(), file=open(sys.argv[1], 'w'), flush=True); signal.pause()"
    process, master = at_a_terminal(way, program, tmp_path / "pid")
    pid = int(awaited(tmp_path / "pid"))
    os.write(master, b"\x03")
    assert process.wait(30) != 0
    os.close(master)
    if way == "start":
        os.kill(pid, signal.SIGKILL)  # it is still there: only who started it ends it
    assert gone(pid)


ALONE: dict[str, tuple[str, object]] = {
    "signals the group that it is in": ("import os; os.kill(0, 15)", None),
    "reads the environment": ("import os, json; print(json.dumps(sorted(os.environ)))", ["LANG", "LC_ALL", "PATH"]),
    "imports what lies in the folder that we are in": ("import os, json; print(json.dumps(os.getcwd()))", "/"),
    "reads a file that we have open": ("import os, json; print(json.dumps(os.listdir('/proc/self/fd')[3:-1]))", []),
    "writes files for everybody, as our umask says": ("import os, json; print(json.dumps(os.umask(0)))", 0o022),
    "is in our session": ("import os, json; print(json.dumps(os.getsid(0) == os.getpid()))", True),
}


@pytest.mark.parametrize("attack", ALONE)
def test_a_program_is_alone(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, answer = ALONE[attack]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    secret = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(secret, True)
    before = os.umask(0)
    try:
        said = run([sys.executable, "-c", code], timeout=30, expect=None)
    finally:
        os.umask(before)
        os.close(secret)
    assert (json.loads(said.stdout) if said.stdout else None) == answer


ENDLESS: dict[str, tuple[str, str | None]] = {
    "writes without end": ("exec yes", "command-output"),
    "writes errors without end": ("exec yes >&2", "command-output"),
    "writes one line without end": ("exec cat /dev/zero", "command-output"),
    "never ends": ("exec sleep 1000", "command-timeout"),
    "never ends, nor what it started": ("sleep 1000 & echo $! >child; wait", "command-timeout"),
    "does not end when told to": ("trap '' TERM; echo $$ >child; while :; do sleep 0.1; done", "command-timeout"),
    "closes its output and never ends": ("exec >&- 2>&-; sleep 1000", "command-timeout"),
    "leaves somebody behind who holds the output": ("sleep 20 & echo $! >left", None),
    "takes no input": ("exec <&-; exit 0", None),
}


@pytest.mark.parametrize("attack", ENDLESS)
def test_a_program_does_not_hold_us_up(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.command.ENDING_SECONDS", 0.5)
    script, key = ENDLESS[attack]
    began = time.monotonic()

    def work() -> object:
        return run(["sh", "-c", script], timeout=4, cwd=tmp_path, most=1 << 20, input="x" * (1 << 20))

    if key:
        with pytest.raises(CommandError) as caught:
            work()
        assert caught.value.error_key == key
        assert all(len(line) <= 300 for line in caught.value.detail)
    else:
        work()
    assert time.monotonic() - began < 10
    if (tmp_path / "child").exists():
        assert gone(int((tmp_path / "child").read_text()))
    if (tmp_path / "left").exists():
        os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)


def test_an_exchange_is_whole_in_both_directions() -> None:
    sent = bytes(range(256)).hex() * 4096  # more than any pipe holds
    assert run(["sh", "-c", "tee /dev/stderr"], timeout=30, input=sent).stdout == sent
    assert run(["sh", "-c", "cat >&2; exit 3"], timeout=30, input=sent, expect=None).stderr == sent
    assert run(["printf", r"a\r\nb\rc\377"], timeout=30).stdout == "a\nb\nc\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(("tied", "acting"), [(True, 0), (True, 1), (False, 0)])
def test_what_writes_data_is_killed_when_we_are(tied: bool, acting: int, tmp_path: Path) -> None:
    code = """
import ctypes, sys, time
from orchestrator.command import start
with open(sys.argv[2], "w") as file:
    ctypes.CDLL(None).setfsuid(int(sys.argv[3]))  # as one does who touches files as another
    print(start(["sleep", "1000"], ends_with_us=sys.argv[1] == "True").pid, file=file, flush=True)
time.sleep(1000)
"""
    us = subprocess.Popen([sys.executable, "-c", code, str(tied), tmp_path / "pid", str(acting)], cwd=ROOT)
    pid = int(awaited(tmp_path / "pid"))
    us.kill()
    us.wait()
    if not tied:
        os.kill(pid, 0)  # a package manager is better left to end what it began
        os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def test_a_program_that_is_ended_takes_with_it_what_it_started(tmp_path: Path) -> None:
    process = start(["sh", "-c", "sleep 1000 & echo $!; wait"], stdout=PIPE)
    assert process.stdout is not None
    with process:
        pid = int(process.stdout.readline())
        end(process)
    assert gone(pid)


def test_a_program_that_is_followed_cannot_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        follow(["cat", "/dev/zero"], timeout=1.0, on_line=lambda *_: None, env={}, cwd=tmp_path)
    assert caught.value.error_key == "command-timeout"


# --- the environment that the command is started in ---


def _planted(folder: Path) -> None:
    """Modules that Python, or the command, would import first, and one for `python -i`; each leaves a file when it runs."""
    for name in ("sitecustomize", "usercustomize", "re", "click", "orchestrator", "startup"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'RAN')!r}, 'a').write({name!r})\n")


SURROUNDINGS: dict[str, Callable[[Path], dict[str, str]]] = {
    "PYTHONPATH names a folder of others": lambda folder: {"PYTHONPATH": str(folder)},
    "PYTHONHOME names no Python": lambda folder: {"PYTHONHOME": str(folder)},
    "PYTHONSTARTUP, and Python stays for a talk": lambda folder: {
        "PYTHONSTARTUP": str(folder / "startup.py"), "PYTHONINSPECT": "1"
    },
    "PYTHONUSERBASE names a folder of others": lambda folder: {"PYTHONUSERBASE": str(folder)},
    "PYTHONWARNINGS makes errors of warnings and imports their class": lambda folder: {
        "PYTHONWARNINGS": "error::startup.Startup", "PYTHONPATH": str(folder)
    },
    "PYTHONPYCACHEPREFIX names where compiled modules lie": lambda folder: {"PYTHONPYCACHEPREFIX": str(folder)},
    "PYTHONPLATLIBDIR names another folder of libraries": lambda folder: {"PYTHONPLATLIBDIR": str(folder)},
    "PYTHONIOENCODING cannot say what we say": lambda folder: {"PYTHONIOENCODING": "ascii"},
    "PYTHONBREAKPOINT and PYTHONDEBUG": lambda folder: {"PYTHONBREAKPOINT": "startup.x", "PYTHONDEBUG": "3"},
    "PATH names programs of others": lambda folder: {"PATH": f"{folder}:/usr/bin:/bin"},
    "ENV and BASH_ENV name a script": lambda folder: {"ENV": str(folder / "sh"), "BASH_ENV": str(folder / "sh")},
    "a function of the shell's is called as what it runs": lambda folder: {
        f"BASH_FUNC_{name}%%": f"() {{ touch {folder}/RAN; }}" for name in ("exec", "readlink", "python3")
    },
    "the folder that we are in holds modules": lambda folder: {},
}  # fmt: skip


@pytest.mark.parametrize("attack", SURROUNDINGS)
def test_the_command_does_not_run_what_its_surroundings_name(attack: str, tmp_path: Path) -> None:
    _planted(tmp_path)
    for name in ("sh", "python3", "readlink", "dirname", "env"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/RAN\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [ORCHESTRATE, "--help"], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **SURROUNDINGS[attack](tmp_path)},
        cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr, "upgrade" in done.stdout) == (0, "", True)
    assert not (tmp_path / "RAN").exists()
    assert list(tmp_path.rglob("*.pyc")) == []


def test_the_command_is_found_behind_a_link(tmp_path: Path) -> None:
    link: Any = tmp_path / "orchestrate"
    link.symlink_to(ORCHESTRATE)
    done = subprocess.run([link, "--version"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.partition(" ")[0]) == (0, "orchestrate")
