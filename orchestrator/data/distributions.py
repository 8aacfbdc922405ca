"""The distributions OpenEMM is installed on, a file each in systems/, and which of them this host is by /etc/os-release."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workflows.host.system import Distribution, Family

FOLDER = Path(__file__).parent / "systems"
OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True)
class Repository:
    """A repository that is not enabled by itself. any_of: its names, with * for anything; enable: the command that does it."""

    any_of: tuple[str, ...]
    enable: str
    source: str


@dataclass(frozen=True)
class Capability:
    """How it is provided; without packages it is not, and `note` says why or what to do."""

    packages: tuple[str, ...] = ()
    repository: str = ""
    version: str = ""
    path: str = ""
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class Table:
    """One data file.

    ids: what os-release calls these distributions, or says they are like. not_ids: those like them that OpenEMM does not know.
    package_managers: the first of these programs that is there. cron: its unit. mail_log: where rsyslog writes as it comes.
    """

    name: str
    family: Family
    ids: tuple[str, ...]
    majors: tuple[str, ...]
    package_managers: tuple[str, ...]
    cron: str
    mail_log: str
    repository: dict[str, Repository]
    capability: dict[str, Capability]
    not_ids: tuple[str, ...] = ()


def tables() -> dict[str, Table]:
    """All data files, by name: rhel8."""
    return {path.stem: _load(path) for path in sorted(FOLDER.glob("*.toml"))}


def read() -> Distribution:
    """That of this host; without an os-release one that nobody knows."""
    return parse_os_release(OS_RELEASE.read_text(encoding="utf-8", errors="replace") if OS_RELEASE.is_file() else "")


def parse_os_release(text: str) -> Distribution:
    """What an os-release file says: the ID tells, else the first word of ID_LIKE that a data file knows."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    values = {name.strip(): " ".join(shlex.split(value)) for name, _, value in pairs}
    known, version = values.get("ID", ""), values.get("VERSION_ID", "")
    words = [known, *values.get("ID_LIKE", "").split()]
    found = Distribution(known, version, None, values.get("PRETTY_NAME", known))
    theirs = [(key, table) for key, table in tables().items() if not set(words) & set(table.not_ids)]
    alike = next((some for word in words if (some := [(key, table) for key, table in theirs if word in table.ids])), None)
    if alike is None:
        return found
    key, table = next((one for one in alike if found.major in one[1].majors), max(alike, key=_newest))
    supported = found.major in table.majors
    return Distribution(known, version, table.family, found.name, supported, key, table.cron, table.mail_log)


def _newest(named: tuple[str, Table]) -> int:
    return max(map(int, named[1].majors))


@cache
def _load(path: Path) -> Table:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    repositories = {key: Repository(**_frozen(one)) for key, one in data.pop("repository", {}).items()}
    capabilities = {key: Capability(**_frozen(one)) for key, one in data.pop("capability").items()}
    family = Family(data.pop("family"))
    return Table(**_frozen(data), family=family, repository=repositories, capability=capabilities)


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
