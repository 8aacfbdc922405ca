"""A Tomcat: its version, and one that comes as a tar.gz, unpacked with the same care as OpenEMM's packages (guide 4.4)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path

from orchestrator.hosts.software.runtime_archive import RuntimeArchive
from orchestrator.releases.lines import remove_durably
from workflows.model.errors import WorkflowError

JAR = "lib/catalina.jar"
START = "bin/startup.sh"
_INFO = "org/apache/catalina/util/ServerInfo.properties"
_INFO_SIZE = 4096
_NUMBER = re.compile(r"^server\.number=(\d+\.\d+\.\d+)", re.MULTILINE)


def version(folder: Path) -> str | None:
    """As facts 1.2 find it, but without running Java: 9.0.43."""
    if not (folder / START).is_file() or not (folder / JAR).is_file():
        return None
    try:
        with zipfile.ZipFile(folder / JAR) as jar, jar.open(_INFO) as file:
            match = _NUMBER.search(file.read(_INFO_SIZE).decode(errors="replace"))  # the jar may be anybody's: read no more
    except (zipfile.BadZipFile, KeyError, OSError):
        return None
    return match[1] if match else None


def name_in(archive: Path) -> str:
    """The one folder at its top.

    Raises:
        WorkflowError: "not-a-tomcat", or what reading it raises.
    """
    return TOMCAT.open(archive).contents.top


def unpack_into(archive: Path, folder: Path) -> None:
    """Complete under its name, or not there.

    Raises:
        WorkflowError: "not-a-tomcat", or what reading and writing it raises.
    """
    TOMCAT.unpack(TOMCAT.open(archive), folder)


def remove(folder: Path) -> None:
    """Remove one.

    Raises:
        WorkflowError: "not-a-tomcat".
    """
    if folder.exists() and version(folder) is None:
        raise _not_one(folder)
    remove_durably(folder)


def _is_one(top: str, paths: Collection[str]) -> bool:
    return f"{top}/{JAR}" in paths and f"{top}/{START}" in paths


def _not_one(path: Path) -> WorkflowError:
    return WorkflowError(
        f"{path} is no Tomcat: it has no {START}, or no {JAR}", key="not-a-tomcat", unharmed=[f"{path}: as it is"],
        next=["the same command with --tomcat PATH    a Tomcat of Apache's own, unpacked or its tar.gz (guide 4.4)"],
    )  # fmt: skip


TOMCAT = RuntimeArchive("opt/tomcat", _is_one, _not_one)
