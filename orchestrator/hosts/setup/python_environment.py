"""The Python that OpenEMM's backend runs on, and its modules (guide 12)."""

from __future__ import annotations

import json
import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

from orchestrator.hosts.command import CommandError, Result, run
from orchestrator.hosts.user import command_as, environment_of
from workflows.errors import WorkflowError

SECONDS = 60.0
INSTALL_SECONDS = 1800.0
GONE = ".{name}.orchestrate-gone"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_IMPORT = """import importlib, json, sys
missing = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        missing.append(name)
print(json.dumps(missing))
"""
_DISTRIBUTIONS = """import importlib.metadata, json, os, sys
inside = os.path.realpath(sys.prefix) + os.sep
found = importlib.metadata.distributions()
print(json.dumps(sorted({d.metadata["Name"] for d in found if os.path.realpath(str(d.locate_file(""))).startswith(inside)})))
"""


def run_as_owner(path: Path, args: Sequence[str], *, timeout: float, expect: Sequence[int] | None = (0,)) -> Result:
    """Run a command that lies at `path`, or works there, as whoever could change it: never as root what is not root's."""
    account = _owner(path)
    home = Path(account.pw_dir)
    command = command_as(account.pw_name, home, list(args))
    return run(command, timeout=timeout, expect=expect, env=environment_of(account.pw_name, home))


def _owner(path: Path) -> pwd.struct_passwd:
    """The first on the way up from there that is not root, whatever way leads there."""
    for start in dict.fromkeys((path.absolute(), path.resolve())):
        for place in (start, *start.parents):
            if place.is_symlink() or place.exists():
                uid = place.lstat().st_uid
                if uid not in (0, os.geteuid()):
                    return pwd.getpwuid(uid)
    return pwd.getpwuid(os.geteuid())


def version(program: str) -> str | None:
    """Of a Python 3; None when it does not run, or is an older one."""
    try:
        said = run_as_owner(Path(program), [program, "-I", "-c", _VERSION], timeout=SECONDS)
    except CommandError:
        return None
    return said.stdout.strip() if said.stdout.startswith("3.") else None


def missing(program: str, modules: Sequence[str]) -> Sequence[str]:
    """Those that raise something when they are imported."""
    said = run_as_owner(Path(program), [program, "-I", "-c", _IMPORT, *modules], timeout=SECONDS)
    return [str(name) for name in json.loads(said.stdout.splitlines()[-1])]


def distributions(program: str) -> Sequence[str]:
    """Those below its own prefix."""
    said = run_as_owner(Path(program), [program, "-I", "-c", _DISTRIBUTIONS], timeout=SECONDS)
    return [str(name) for name in json.loads(said.stdout)]


def make(program: str, folder: Path) -> None:
    """By venv, as the owner of the folder above, whatever an earlier attempt left.

    Raises:
        WorkflowError: "python-environment-failed", "not-an-environment".
    """
    if folder.exists() and any(folder.iterdir()):
        remove(folder)
    try:
        args = [program, "-m", "venv", "--system-site-packages", str(folder)]
        run_as_owner(folder.parent, args, timeout=INSTALL_SECONDS)
    except CommandError as error:
        raise WorkflowError(
            f"cannot make a virtual environment of {program}", key="python-environment-failed", command=error.command,
            detail=error.detail, next=[f"{program} -m venv --help    whether it has that module", "orchestrate resume"],
        ) from error  # fmt: skip


def remove(folder: Path) -> None:
    """Under another name first, so that nobody meets half of one.

    Raises:
        WorkflowError: "not-an-environment".
    """
    if folder.exists() and not (folder / "pyvenv.cfg").is_file():
        raise WorkflowError(
            f"cannot remove {folder}: it is no virtual environment of Python", key="not-an-environment",
            unharmed=[f"{folder}: as it is"], next=[f"ls -la {folder}    what it is"],
        )  # fmt: skip
    remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder, or what an earlier removal left of it."""
    gone = folder.with_name(GONE.format(name=folder.name))
    if gone.exists():
        shutil.rmtree(gone)
    if folder.exists():
        folder.rename(gone)
        shutil.rmtree(gone)


def install(program: str, names: Sequence[str], options: Sequence[str]) -> str | None:
    """By pip; it gives up soon where there is no network."""
    args = [program, *_PIP, "install", "--quiet", "--retries", "1", "--timeout", "15", *options, *names]
    try:
        run_as_owner(Path(program), args, timeout=INSTALL_SECONDS)
    except CommandError as error:
        errors = [line for line in error.detail if line.startswith("ERROR")]
        return (errors or list(error.detail) or [error.message])[-1]
    return None


def uninstall(program: str, names: Sequence[str]) -> None:
    """By pip, which only warns of those that are not there."""
    if names:
        run_as_owner(Path(program), [program, *_PIP, "uninstall", "--quiet", "--yes", *names], timeout=SECONDS)
