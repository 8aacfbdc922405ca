"""The release trees that lie in a home, whoever unpacked them, and the Tomcats under opt (facts 1.1, 1.2)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from orchestrator.data.places import PLACES, WEB_APPLICATIONS
from orchestrator.files import small_text
from orchestrator.hosts.home import site_values
from workflows.host.home import InstalledTree
from workflows.model.errors import UsageError
from workflows.model.plans import PackageKind, StagedTree
from workflows.model.version import Version

VERSION = re.compile(r"\d+(?:\.\d+){2,3}(?:-hf\d+)?")
VERSION_FILE = "conf/version.txt"
_NEEDED = {
    PackageKind.GUI: ("WEB-INF/web.xml", site_values.EMM, "WEB-INF/sql"),
    PackageKind.STATISTICS: ("WEB-INF/web.xml", site_values.EMM),
    PackageKind.WEBSERVICES: ("WEB-INF/web.xml", site_values.EMM),
    PackageKind.BACKEND: ("bin/backend.sh", "JAVA", "lib", "scripts"),
    PackageKind.MANUAL: ("en", "de"),
    PackageKind.RUNTIME: ("bin/emm.sh", "conf", VERSION_FILE, "lib"),
}
_TOMCAT_BASE = re.compile(r"tomcat\d+")
_TOMCAT = re.compile(r"apache-tomcat-(\d+(?:\.\d+)+)")


def trees(home: Path) -> list[InstalledTree]:
    """All of them, by kind and version; what does not say its version is called "unknown"."""
    found = [*_web_applications(home), *_backends(home), *_manuals(home), *_runtimes(home)]
    order = list(PackageKind)
    return sorted(found, key=lambda one: (order.index(one.tree.kind), _sortable(one.tree.version), one.tree.folder))


def tomcats(home: Path) -> dict[str, str]:
    """Folder -> version, of those that can be started."""
    found = {}
    for folder in _folders(home / "opt"):
        match = _TOMCAT.fullmatch(folder.name)
        if match and (folder / "lib/catalina.jar").is_file() and (folder / "bin").is_dir():
            found[f"opt/{folder.name}"] = match[1]
    return found


def _web_applications(home: Path) -> Iterator[InstalledTree]:
    for kind in WEB_APPLICATIONS:
        for name, folder in _in_place(home, kind):
            yield _tree(kind, site_values.application_version(folder) or _named(folder.name), name, folder)


def _backends(home: Path) -> Iterator[InstalledTree]:
    for name, folder in _in_place(home, PackageKind.BACKEND):
        if folder.name.startswith("V"):
            yield _tree(PackageKind.BACKEND, folder.name[1:], name, folder)


def _manuals(home: Path) -> Iterator[InstalledTree]:
    for name, folder in _in_place(home, PackageKind.MANUAL):
        yield _tree(PackageKind.MANUAL, _named(folder.name), name, folder)


def _runtimes(home: Path) -> Iterator[InstalledTree]:
    """Ours lie in runtime/<package>/tomcat9; a vendor's is ~/tomcat9 itself."""
    for name, folder in _in_place(home, PackageKind.RUNTIME):
        base = next((inner for inner in _folders(folder) if _TOMCAT_BASE.fullmatch(inner.name)), folder)
        yield _tree(PackageKind.RUNTIME, _runtime_version(base, folder), name, base)
    for folder in _folders(home):
        if _TOMCAT_BASE.fullmatch(folder.name):
            yield _tree(PackageKind.RUNTIME, _runtime_version(folder, folder), folder.name, folder)


def _runtime_version(base: Path, folder: Path) -> str:
    file = base / VERSION_FILE
    match = VERSION.search(small_text(file, errors="replace")) if file.is_file() else None
    return match[0] if match else _named(folder.name)


def _tree(kind: PackageKind, version: str, folder: str, root: Path) -> InstalledTree:
    missing = tuple(name for name in _NEEDED[kind] if not os.path.lexists(root / name))
    return InstalledTree(StagedTree(PLACES[kind].component, kind, version, folder, ""), missing)


def _in_place(home: Path, kind: PackageKind) -> Iterator[tuple[str, Path]]:
    """The folders where trees of a kind lie, and what they are called from the home."""
    parent = PLACES[kind].folder
    yield from ((f"{parent}/{folder.name}", folder) for folder in _folders(home / parent))


def _folders(parent: Path) -> list[Path]:
    """Real folders, hidden ones (being unpacked or removed) left out."""
    if not parent.is_dir():
        return []
    return [path for path in sorted(parent.iterdir()) if path.is_dir() and not path.is_symlink() and path.name[0] != "."]


def _named(name: str) -> str:
    match = VERSION.search(name)
    return match[0] if match else "unknown"


def _sortable(version: str) -> tuple[bool, Version | str]:
    try:
        return (True, Version.parse(version))
    except UsageError:
        return (False, version)
