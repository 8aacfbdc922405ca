"""A stand-in for the Python that an administrator built as guide 12 says: the machine's own, which says that it is a 3.9."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from orchestrator.sandbox.packages import template
from workflows.steps.machine.python import REQUIRED, WANTED

VERSION = "3.9.2"
STANDARD = {"_gdbm": "open = error = None\n"}  # of Python itself, but not on every machine
DRIVERS = ("mariadb",)


def files(python: str = sys.executable, version: str = VERSION) -> Mapping[str, tuple[str, int]]:
    """Text and mode of each file below its prefix. python: the program of the machine that runs behind it."""
    program = template("python3").replace("@VERSION@", version).replace("@PYTHON@", shlex.quote(python))
    names = {name.partition(".")[0] for name in (*REQUIRED, *WANTED, *DRIVERS)} - {"dbm"}
    modules = {f"lib/{name}/__init__.py": "# stands in for a module\n" for name in names}
    modules |= {f"lib/start/{name}.py": text for name, text in STANDARD.items()}
    modules |= {
        "lib/aiohttp_xmlrpc/client.py": "ServerProxy = None\n",
        "lib/start/sitecustomize.py": template("sitecustomize.py"),
    }
    return {"bin/python3": (program, 0o755), **{path: (text, 0o644) for path, text in modules.items()}}


def write(prefix: Path) -> None:
    """Make one there."""
    for path, (text, mode) in files().items():
        file = prefix / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
