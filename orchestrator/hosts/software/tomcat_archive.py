"""A Tomcat: its version, and one that comes as a tar.gz, unpacked with the same care as OpenEMM's packages (guide 4.4)."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

from orchestrator.files import fsync_folder
from orchestrator.hosts.software.python_environment import remove_tree
from orchestrator.releases.archive import Limits, list_members
from orchestrator.releases.contents import Contents
from orchestrator.releases.errors import PackageError
from orchestrator.releases.unpack import Package, judged, unpack
from workflows.model.errors import WorkflowError
from workflows.model.plans import PackageKind

JAR = "lib/catalina.jar"
START = "bin/startup.sh"
_INFO = "org/apache/catalina/util/ServerInfo.properties"
_INFO_SIZE = 4096
_NUMBER = re.compile(r"^server\.number=(\d+\.\d+\.\d+)", re.MULTILINE)
_NEW = ".{name}.orchestrate-new"


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
    return _open(archive).contents.top


def unpack_into(archive: Path, folder: Path) -> None:
    """Beside it first, under another name; owned as the folder above.

    Raises:
        WorkflowError: "not-a-tomcat", or what reading and writing it raises.
    """
    package = _open(archive)
    new = folder.with_name(_NEW.format(name=folder.name))
    remove_tree(new)
    above = folder.parent.stat()
    try:
        unpack(package, new, (above.st_uid, above.st_gid) if os.geteuid() == 0 else None)
    except PackageError as error:
        raise _told(archive, error) from error
    new.rename(folder)
    fsync_folder(folder.parent)


def remove(folder: Path) -> None:
    """Remove one.

    Raises:
        WorkflowError: "not-a-tomcat".
    """
    remove_tree(folder.with_name(_NEW.format(name=folder.name)))
    if folder.exists() and version(folder) is None:
        raise _not_one(folder)
    remove_tree(folder)


def _open(archive: Path) -> Package:
    limits = Limits()
    if not archive.is_file():
        raise _not_one(archive)
    try:
        listing = list_members(archive, limits=limits)
        tops = {member.parts[0] for member in listing.members}
        top = tops.pop() if len(tops) == 1 else ""
        if not {f"{top}/{JAR}", f"{top}/{START}"} <= {member.path for member in listing.members}:
            raise _not_one(archive)
        return judged(archive, listing, Contents(PackageKind.RUNTIME, top), limits)  # any kind that may have nothing setuid
    except PackageError as error:
        raise _told(archive, error) from error


def _told(archive: Path, error: PackageError) -> WorkflowError:
    return WorkflowError(
        error.message, key=error.error_key, detail=error.detail, unharmed=["opt/tomcat: as it was"],
        next=[f"gzip -t {archive}    whether the file is whole", "orchestrate resume    once it is"],
    )  # fmt: skip


def _not_one(path: Path) -> WorkflowError:
    return WorkflowError(
        f"{path} is no Tomcat: it has no {START}, or no {JAR}", key="not-a-tomcat", unharmed=[f"{path}: as it is"],
        next=["the same command with --tomcat PATH    a Tomcat of Apache's own, unpacked or its tar.gz (guide 4.4)"],
    )  # fmt: skip
