"""The Python that a backend runs on: what depends on the release, and what is said when it will not do (facts 18.2, 24.1)."""

from __future__ import annotations

from collections.abc import Sequence

from workflows.host.software import BackendPython
from workflows.model.errors import RefusedError
from workflows.model.version import Version

FIRST_WITH_PYTHON_3 = Version(20, 4)
FIRST_WITH_OWN_DRIVERS = Version(21, 4)  # before, dbms=mariadb is another word for mysql
FIRST_THAT_BRINGS_MODULES = Version(23, 10)  # its config.sh lets pip install what is missing
FIRST_WITHOUT_MYSQL = Version(26, 5)
MISSING = "ModuleNotFoundError: No module named "


def is_asked(line: str) -> bool:
    """Whether a backend of that line runs on Python 3."""
    return Version.parse(line) >= FIRST_WITH_PYTHON_3


def database_module(line: str, dbms: str) -> str:
    """What it imports when it first needs the database. dbms: as dbcfg has it, mariadb or mysql."""
    version = Version.parse(line)
    own = version >= FIRST_WITHOUT_MYSQL or (version >= FIRST_WITH_OWN_DRIVERS and dbms != "mysql")
    return "mariadb" if own else "MySQLdb"


def unfit(line: str, asked: BackendPython) -> Sequence[str]:
    """What keeps the backend from running; a module that its config.sh would bring does not."""
    if Version.parse(line) < FIRST_THAT_BRINGS_MODULES:
        return asked.failures
    return [failure for failure in asked.failures if MISSING not in failure]


def told(asked: BackendPython, failures: Sequence[str]) -> str:
    """One line for people."""
    found = f"Python {asked.version} ({asked.program})" if asked.version else "no Python that its config.sh takes"
    more = f" and {len(failures) - 1} more" if failures[1:] else ""
    return f"{found}: {failures[0]}{more}"


def fix(active: str, version: str, failures: Sequence[str]) -> str:
    """The command that brings what that version misses, a Python where nothing is named. active: the release that runs now."""
    if failures and all(MISSING in failure for failure in failures):
        if (line := Version.parse(version).line) == Version.parse(active).line:
            return f"orchestrate install --release {active}    brings the modules that are missing, where pip can have them"
        return f"orchestrate install --release {active} --python-for {line}    brings what is missing, where pip has it"
    source = "--python-source FILE --python-source-sha256 DIGEST --replace python.version"
    return f"orchestrate install --release {active} {source}    a Python that fits (guide 12)"


def refused(version: str, active: str, asked: BackendPython, failures: Sequence[str]) -> RefusedError:
    """The error of a backend that would not run. active: the release that runs now."""
    return RefusedError(
        f"the backend of {version} cannot import what it needs with {told(asked, failures)}", key="backend-python-unfit",
        detail=failures, unharmed=["everything that is active: nothing was stopped or changed"],
        next=["orchestrate abort    takes the run back", fix(active, version, failures),
              "orchestrate resume    once it can, instead"],
    )  # fmt: skip
