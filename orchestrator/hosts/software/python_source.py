"""A Python built from the source that its makers publish, as guide 12 does it: unpacked, configured, made, installed.

All but the unpacking is run as whoever owns the folder above, in a work folder beside the result whose name tells the source.
Each phase that ended is marked there, so that a build that was cut off goes on; make goes on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from orchestrator.command import CommandError
from orchestrator.following import follow
from orchestrator.hosts.software.runtime_archive import RuntimeArchive
from orchestrator.releases.lines import remove_durably
from orchestrator.user import as_owner
from workflows.model.errors import RefusedError, WorkflowError

WORK = ".{name}.orchestrate-{digest}"
BUILT = ".orchestrate-built"
LONGEST = 100  # characters of a line that is reported
LOCK_SECONDS = 120  # until what a killed attempt left running has ended; it does at the next line that nobody reads
TOP = "Python-"
_TOP = re.compile(rf"{TOP}\d+\.\d+\.\d+")
_PHASE = """exec 9>.orchestrate-lock && flock --wait "$3" 9 || { echo "an earlier attempt still runs"; exit 75; }
(%s) && touch ".orchestrate-$2"
"""


@dataclass(frozen=True)
class _Phase:
    """seconds: its limit. command: run in the work folder; $1 is where Python is installed."""

    name: str
    seconds: float
    command: str


PHASES = (
    _Phase("configure", 1800.0, 'sh ./configure --prefix="$1"'),
    _Phase("make", 4 * 3600.0, 'make -j"$(nproc)"'),
    _Phase("install", 3600.0, f'make install && touch "$1/{BUILT}"'),
)


def version_in(archive: Path) -> str:
    """By the one folder at its top: 3.9.21.

    Raises:
        WorkflowError: "not-a-python-source", or what reading it raises.
    """
    return PYTHON.open(archive).contents.top.removeprefix(TOP)


def build(archive: Path, sha256: str, folder: Path, report: Callable[[str], None]) -> None:
    """Build and install into `folder`, complete when this returns; goes on with what an earlier attempt left.

    Args:
        archive: the .tgz of its makers.
        sha256: of it (hex), as its makers tell.
        folder: its prefix; its parent is there and its owner's is what is made.
        report: told what happens, twice a second at the most; may raise, which ends the build until it is called again.

    Raises:
        RefusedError: "python-source-other" when the file has another digest, "python-folder-taken".
        WorkflowError: "not-a-python-source", "python-build-failed", or what unpacking raises.
    """
    if (folder / BUILT).is_file():
        for work in _works(folder):
            _remove_work(folder, work)
        return
    package = PYTHON.open(archive)
    if package.listing.sha256 != sha256.lower():
        raise other_digest(archive, package.listing.sha256)
    work = folder.with_name(WORK.format(name=folder.name, digest=sha256.lower()[:12]))
    if folder.exists() and not work.exists():
        raise RefusedError(
            f"cannot build into {folder}: it is there, and this did not make it", key="python-folder-taken",
            unharmed=[f"{folder}: as it is"],
            next=[f"mv {folder} {folder}.mine", "orchestrate resume"],
        )  # fmt: skip
    if not work.exists():
        report(f"unpacks {archive.name}")
        PYTHON.unpack(package, work)
    for phase in PHASES:
        if not (work / f".orchestrate-{phase.name}").is_file():
            _run(work, folder, phase, report)
    _remove_work(folder, work)


def remove(folder: Path) -> None:
    """Remove what was built there, finished or not; nothing when it is something else.

    Raises:
        WorkflowError: what removing raises.
    """
    works = _works(folder)
    if works or (folder / BUILT).is_file():
        remove_durably(folder)
    for work in works:
        _remove_work(folder, work)


def _works(folder: Path) -> list[Path]:
    """What builds that were cut off left beside it."""
    return list(folder.parent.glob(WORK.format(name=folder.name, digest="*")))


def _remove_work(folder: Path, work: Path) -> None:
    """Under a name meanwhile that is one of those that are looked for."""
    remove_durably(work, aside=folder.with_name(WORK.format(name=folder.name, digest="gone")))


def other_digest(archive: Path, found: str) -> RefusedError:
    """The error of a source that is not the one that was named."""
    return RefusedError(
        f"{archive} is not what was named: its SHA-256 is {found}", key="python-source-other",
        unharmed=["nothing of it was unpacked"],
        next=["the same command with --python-source FILE --python-source-sha256 DIGEST    the digest that its makers tell"],
    )  # fmt: skip


def _run(work: Path, folder: Path, phase: _Phase, report: Callable[[str], None]) -> None:
    args, env = as_owner(work, ["sh", "-c", _PHASE % phase.command, "sh", str(folder), phase.name, str(LOCK_SECONDS)])

    def told(count: int, line: str) -> None:
        report(f"builds {folder.name}, {phase.name}, line {count}: {line[:LONGEST]}")

    try:
        follow(args, timeout=phase.seconds, on_line=told, env=env, cwd=work)
    except CommandError as error:
        raise WorkflowError(
            f"cannot build {folder.name}: {phase.name} did not end well", key="python-build-failed",
            command=f"{phase.command.replace('$1', str(folder))}    in {work}", detail=[error.message, *error.detail],
            unharmed=["opt/python3: as it was"],
            next=["orchestrate resume    goes on with it, once what is named above is solved",
                  "orchestrate abort    takes the run back"],
        ) from error  # fmt: skip


def _is_one(top: str, paths: Collection[str]) -> bool:
    return bool(_TOP.fullmatch(top)) and f"{top}/configure" in paths


def _not_one(path: Path) -> WorkflowError:
    return WorkflowError(
        f"{path} is no source of Python: a .tgz with one folder, Python-VERSION, and configure in it", key="not-a-python-source",
        unharmed=[f"{path}: as it is"],
        next=["the same command with --python-source FILE --python-source-sha256 DIGEST    one of python.org (guide 12)"],
    )  # fmt: skip


PYTHON = RuntimeArchive("opt/python3", _is_one, _not_one)
