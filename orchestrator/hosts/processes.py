"""OpenEMM's processes, told by /proc: command lines that name this home (facts 11 and 7.2). Never by exit codes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
CATALINA = "org.apache.catalina"
BACKEND_FOLDERS = ("release/backend", "bin", "lib", "scripts", "JAVA")
LAUNCHERS = frozenset({"emm.sh", "openemm.sh", "backend.sh", "OMT.sh", "OST.sh"})
_INTERPRETER = re.compile(r"python[\d.]*|java|perl|(ba|da|k)?sh")


@dataclass(frozen=True)
class Process:
    """A running process. cwd: None where we may not see it."""

    pid: int
    args: tuple[str, ...]
    cwd: str | None = None

    @property
    def program(self) -> str:
        """The name of its program."""
        return Path(self.args[0]).name

    def __str__(self) -> str:
        return f"{self.pid} {' '.join(Path(arg).name for arg in self.args[:2])}"[:120]


def running() -> list[Process]:
    """All processes but this one and those that led to it. Zombies and kernel threads have no command line: left out."""
    own = _ancestors()
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) in own:
            continue
        try:
            raw = (entry / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if raw:
            args = tuple(os.fsdecode(raw).rstrip("\0").split("\0"))
            found.append(Process(int(entry.name), args, _cwd(entry)))
    return found


def _cwd(entry: Path) -> str | None:
    try:
        return str((entry / "cwd").readlink())
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
    """The Tomcat of this home: the rule of emm.sh, org.apache.catalina and a base in this home (facts 11)."""
    names = _pattern(home)
    return [
        process
        for process in (running() if processes is None else processes)
        if any(CATALINA in arg for arg in process.args) and any(names.search(arg) for arg in process.args)
    ]


def backend(home: Path, processes: Sequence[Process] | None = None) -> list[Process]:
    """Programs and scripts of this home's backend; not the scripts that start and stop it."""
    names = _pattern(home, BACKEND_FOLDERS)
    return [
        process
        for process in (running() if processes is None else processes)
        if not any(CATALINA in arg for arg in process.args)
        and not any(Path(arg).name in LAUNCHERS for arg in process.args[:2])
        and any(names.search(arg) for arg in _telling(process))
    ]


def _telling(process: Process) -> Sequence[str]:
    """The arguments that say what runs: an editor that has a script open is none of ours."""
    return process.args if _INTERPRETER.fullmatch(process.program) else process.args[:1]


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
    """Finds the home, literally or with its links resolved, as a whole path in an argument such as -Dcatalina.base=PATH."""
    roots = "|".join(sorted({re.escape(str(home)), re.escape(str(home.resolve()))}))
    below = f"/(?:{'|'.join(map(re.escape, folders))})" if folders else ""
    return re.compile(rf"(?:^|[=:,;@])(?:{roots}){below}(?:[/:,;]|$)")
