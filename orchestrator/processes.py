"""OpenEMM's processes, told by /proc: command lines that name this home (facts 11, 7.2 and 24.1). Never by exit codes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
BEGINS = 0.1  # seconds; the kernel takes microseconds from a program's file to its arguments
CATALINA = "org.apache.catalina"
MAILOUT = "org.agnitas.backend."  # Java whose command line names no path: its classes are found by the environment
BACKEND_FOLDERS = ("release/backend", "bin", "lib", "scripts", "JAVA")
LAUNCHERS = frozenset({"emm.sh", "openemm.sh", "backend.sh", "OMT.sh", "OST.sh", "service.sh", "service.py", "service3.py"})
_SHELL = re.compile(r"-?(ba|da|k)?sh")
_INTERPRETER = re.compile(rf"python[\d.]*|java|perl|{_SHELL.pattern}")
_WITH_VALUE = frozenset({"-W", "-X", "-o", "+o", "-O", "-I"})


@dataclass(frozen=True)
class Process:
    """A running process. cwd, exe: None where we may not see them.

    args: a service that sets its title has one argument, the whole of it (facts 24.1).
    """

    pid: int
    args: tuple[str, ...]
    cwd: str | None = None
    exe: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments, or the words of a title."""
        return self.args if len(self.args) > 1 else tuple(self.args[0].split()) or self.args

    @property
    def program(self) -> str:
        """The name of its program."""
        return Path(self.words[0]).name

    @property
    def service(self) -> str:
        """What the backend calls it: trigger, mailout, bav; the program's name where it is none of the backend's."""
        words = self.words
        if any(word.startswith(MAILOUT) for word in words):
            return "mailout"
        if "--" in words[:-1] and "watchdog" in (self.script or ""):  # it watches another
            return Process(self.pid, words[words.index("--") + 1 :]).service
        return Path(self.script or words[0]).stem.removesuffix("3")

    @property
    def script(self) -> str | None:
        """The script that an interpreter runs, made absolute where we may; None: there is none, or it is code of its own."""
        if not _INTERPRETER.fullmatch(self.program):
            return None
        rest = iter(self.words[1:])
        for word in rest:
            if _SHELL.fullmatch(self.program) and re.fullmatch(r"-[a-z]*c", word):
                return next(iter(next(rest, "").split()), "")
            if word in {"-c", "-m", "-e"}:
                return None
            if word in _WITH_VALUE:
                next(rest, None)
            elif not word.startswith("-"):
                return os.path.normpath(Path(self.cwd or "", word))
        return None

    def __str__(self) -> str:
        """Pid, and its title or the names of its first arguments: what follows them may be a secret."""
        told = self.args[0] if len(self.args) == 1 else " ".join(Path(arg).name for arg in self.args[:2])
        return f"{self.pid} {told}"[:120]


def running() -> list[Process]:
    """All processes but this one and those that led to it. Zombies and kernel threads have no command line: left out."""
    own = _ancestors()
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) in own:
            continue
        try:
            raw = _command_line(entry)
        except OSError:  # it ended meanwhile
            continue
        if command := os.fsdecode(raw).rstrip("\0"):
            found.append(Process(int(entry.name), tuple(command.split("\0")), _led(entry / "cwd"), _led(entry / "exe")))
    return found


def _command_line(entry: Path) -> bytes:
    """What just begins has its program and no command line yet: it is waited for, and else told by its program's file."""
    end = time.monotonic() + BEGINS
    while not (raw := (entry / "cmdline").read_bytes()):
        program = _led(entry / "exe")
        if program is None or time.monotonic() > end:
            return os.fsencode(program or "")
        time.sleep(0.001)
    return raw


def pids(wanted: Callable[[Process, Path], bool]) -> list[int]:
    """Those of the processes that are wanted by what they are and by their program file.

    Those of a container on this host are not of this host.
    """
    own = _space("self")
    return [
        process.pid
        for process in running()
        if process.exe is not None and wanted(process, Path(process.exe)) and _space(str(process.pid)) == own
    ]


def _space(pid: str) -> str | None:
    """The process's namespace of pids."""
    return _led(PROC / pid / "ns/pid")


def _led(link: Path) -> str | None:
    try:
        return str(link.readlink()).removesuffix(" (deleted)")
    except OSError:
        return None


def _ancestors() -> set[int]:
    found: set[int] = set()
    pid = os.getpid()
    while pid > 1 and pid not in found:
        found.add(pid)
        try:
            pid = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return found


def frontend(home: Path, processes: Sequence[Process] | None = None) -> list[Process]:
    """The Tomcat of this home: the rule of emm.sh, org.apache.catalina and a base in this home (facts 11).

    Whatever its program is called: at first it is setsid or nohup. But a search for the class names the home in no property.
    """
    names = _pattern(home)
    return [
        process
        for process in (running() if processes is None else processes)
        if any(CATALINA in arg for arg in process.args)
        and any(arg.startswith("-D") and names.search(arg) for arg in process.args)
    ]


def backend(home: Path, processes: Sequence[Process] | None = None) -> list[Process]:
    """Programs, scripts and titles of this home's backend, whoever runs them; not the scripts that start, stop or ask it."""
    names, roots = _pattern(home, BACKEND_FOLDERS), {str(home), str(home.resolve())}
    found = []
    for process in running() if processes is None else processes:
        if any(CATALINA in arg for arg in process.args) or _launches(process):
            continue
        if _of_backend(process, names) or (_is_mailout(process) and _in_environment(process, roots)):
            found.append(process)
    return found


def _launches(process: Process) -> bool:
    """A script that starts, stops or asks services, or what calls one: no service itself."""
    names = {process.program, Path(process.script or "").name}
    asks = process.words[-1] == "status" and any(name.endswith(".sh") for name in names)
    return asks or bool(LAUNCHERS & names)


def _of_backend(process: Process, names: re.Pattern[str]) -> bool:
    """By what runs: an editor that has a script open is none of ours, nor is a backup that reads it."""
    if any(names.match(path) for path in (process.words[0], process.exe or "")):
        return True
    if not _interprets(process):
        return False
    if process.program == "java" or not _INTERPRETER.fullmatch(process.program):  # a class path, or a title of its own making
        return any(names.search(word) for word in process.words)
    return process.script is not None and bool(names.match(process.script))


def _interprets(process: Process) -> bool:
    """Whether its program is one that runs others' code, by its name or, whatever it calls itself, by its file."""
    return any(_INTERPRETER.fullmatch(name) for name in (process.program, Path(process.exe or "").name))


def _is_mailout(process: Process) -> bool:
    return process.program == "java" and any(word.startswith(MAILOUT) for word in process.words)


def _in_environment(process: Process, roots: Collection[str]) -> bool:
    """Whether its environment says that this is the home; where we may not look, it is taken for ours."""
    try:
        variables = (PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
    except PermissionError:
        return True
    except OSError:  # it ended meanwhile
        return False
    return any(f"{name}={root}".encode() in variables for name in ("HOME", "BASE") for root in roots)


def xmlback(home: Path) -> list[Process]:
    """Running xmlback with a file argument: a block is being turned into mails (facts 7.2)."""
    names = _pattern(home)
    return [
        process
        for process in running()
        if process.program == "xmlback"
        and any(not arg.startswith("-") for arg in process.args[1:])
        and any(names.search(arg) for arg in [*process.args, process.cwd or ""])
    ]


def _pattern(home: Path, folders: Sequence[str] = ()) -> re.Pattern[str]:
    """Finds the home, literally or with its links resolved, as a whole path: behind a blank, and in -Dcatalina.base=PATH."""
    roots = "|".join(sorted({re.escape(str(home)), re.escape(str(home.resolve()))}))
    below = f"/(?:{'|'.join(map(re.escape, folders))})" if folders else ""
    return re.compile(rf"(?:^|(?<=[\s=:,;@]))(?:{roots}){below}(?:[/:,;\s]|$)")
