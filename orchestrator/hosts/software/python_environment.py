"""The Python that OpenEMM's backend runs on, and its modules (guide 12).

The vendor's config.sh makes a virtual environment of its own from it, which sees the modules of the interpreter behind, and
those in the user's own folder, but none of another virtual environment (facts 24.1). So modules are looked for and installed
there: where opt/python3 leads to a virtual environment, in the user's folder, for its base.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.command import CommandError
from orchestrator.releases.lines import remove_durably
from orchestrator.user import run_as_owner
from workflows.model.errors import WorkflowError

SECONDS = 60.0
INSTALL_SECONDS = 1800.0
_PIP_OPTIONS = ("--disable-pip-version-check", "--no-input", "--no-cache-dir")
_BASE = """import json, os, sys, sysconfig
folder = sysconfig.get_path("purelib")
inside = sys.prefix != sys.base_prefix
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps([base if inside else sys.executable, folder if inside else "", not inside and os.access(folder, os.W_OK)]))
"""
_IMPORT = """import importlib, json, sys
missing = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        missing.append(name)
print(json.dumps(missing))
"""
_DISTRIBUTIONS = """import importlib.metadata, json, os, site, sys, sysconfig
inside = os.path.realpath(sysconfig.get_path("purelib") if sys.argv[1] else site.getusersitepackages())
found = importlib.metadata.distributions()
print(json.dumps(sorted({d.metadata["Name"] for d in found if os.path.realpath(str(d.locate_file(""))) == inside})))
"""
_LENT = """import importlib.machinery, runpy, sys
lent = sys.argv.pop(1)
class Lent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return importlib.machinery.PathFinder.find_spec(name, [lent], target) if name == "pip" else None
sys.meta_path.insert(0, Lent)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""  # not the folder itself: pip would take what is installed there for installed
_EMPTY = """import os, site
for top, folders, files in os.walk(site.getuserbase(), topdown=False):
    if not os.listdir(top):
        os.rmdir(top)
"""


@dataclass(frozen=True)
class _Base:
    """The interpreter that the vendor's virtual environment is made from.

    lent: the folder of another's site-packages, from which pip is taken where the interpreter has none of its own; or empty.
    writable: whether its owner may install into its own folder.
    """

    program: str
    lent: str
    writable: bool


def missing(program: str, modules: Sequence[str]) -> Sequence[str]:
    """Those that raise something when they are imported where the vendor's virtual environment sees them."""
    said = run_as_owner(Path(program), [_base(program).program, "-c", _IMPORT, *modules], timeout=SECONDS)
    return [str(name) for name in json.loads(said.stdout.splitlines()[-1])]


def distributions(program: str) -> Sequence[str]:
    """Those in the folder that pip installs into."""
    base = _base(program)
    said = run_as_owner(Path(program), [base.program, "-c", _DISTRIBUTIONS, "1" if base.writable else ""], timeout=SECONDS)
    return [str(name) for name in json.loads(said.stdout)]


def _base(program: str) -> _Base:
    said = run_as_owner(Path(program), [program, "-c", _BASE], timeout=SECONDS)
    return _Base(*json.loads(said.stdout.splitlines()[-1]))


def _pip(program: str, args: Sequence[str], timeout: float, *options: str) -> None:
    """Let pip work for the base; the mark of a distribution that its Python is its own does not concern a user's folder.

    Raises:
        CommandError: what pip says.
    """
    base = _base(program)
    pip = ("-c", _LENT, base.lent) if base.lent else ("-m", "pip")
    command = [base.program, *pip, *_PIP_OPTIONS, *args, *(() if base.writable else options)]
    run_as_owner(Path(program), command, timeout=timeout, env={"PIP_BREAK_SYSTEM_PACKAGES": "1"})


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
    remove_durably(folder)


def install(program: str, names: Sequence[str], options: Sequence[str]) -> str | None:
    """By pip; it gives up soon where there is no network."""
    args = ["install", "--quiet", "--retries", "1", "--timeout", "15", *options, *names]
    try:
        _pip(program, args, INSTALL_SECONDS, "--user")
    except CommandError as error:
        errors = [line for line in error.detail if line.startswith("ERROR")]
        return (errors or list(error.detail) or [error.message])[-1]
    return None


def uninstall(program: str, names: Sequence[str]) -> None:
    """By pip, which only warns of those that are not there; folders of the user that are empty then go, too."""
    if not names:
        return
    _pip(program, ["uninstall", "--quiet", "--yes", *names], SECONDS)
    run_as_owner(Path(program), [_base(program).program, "-c", _EMPTY], timeout=SECONDS)
