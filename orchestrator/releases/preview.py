"""What a package holds, told without staging it: the database updates of a release, and the property files it ships."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from orchestrator import properties
from orchestrator.releases import names
from orchestrator.releases.archive import Limits, list_members, read_members
from workflows.model.plans import PackageKind, PackageRef
from workflows.model.values import PropertyFiles
from workflows.model.version import Version

_FILES = {PackageKind.GUI: "emm.properties", PackageKind.WEBSERVICES: "emm-ws.properties"}
_VERSION = re.compile(r"\d+(?:\.\d+){2,3}(?:-hf\d+)?")


def update_versions(packages: Sequence[PackageRef]) -> frozenset[str] | None:
    """The database versions that a release's frontend names as its own (facts 2.1); None when that is not known yet.

    Only packages that lie in a folder are opened; one that must be downloaded first is not.

    Raises:
        PackageError: the package is damaged or unsafe.
    """
    for ref in packages:
        if ref.kind is PackageKind.GUI and Path(ref.location).is_file():
            return _listed(Path(ref.location), ref.version)
        if ref.kind is PackageKind.COMPLETE and Path(ref.location).is_file():
            return _listed_inside(Path(ref.location))
    return None


def property_files(version: str, packages: Sequence[tuple[PackageKind, Path]]) -> PropertyFiles | None:
    """The property files as these packages of one release ship them; None when no GUI is among them.

    Raises:
        PackageError: a package is damaged or unsafe.
    """
    found: dict[PackageKind, Mapping[str, str]] = {}
    for kind, path in packages:
        if kind in _FILES and kind not in found:
            found |= _shipped(path, kind)
        elif kind is PackageKind.COMPLETE and PackageKind.GUI not in found:
            for inner, nested in _nested(path, tuple(_FILES)):
                found |= _shipped(nested, inner.kind)
    if PackageKind.GUI not in found:
        return None
    return PropertyFiles(version, found[PackageKind.GUI], found.get(PackageKind.WEBSERVICES, {}))


def _shipped(path: Path, kind: PackageKind) -> dict[PackageKind, Mapping[str, str]]:
    """By kind, the keys and values of its file; the package is read until that is found."""
    for member, content in read_members(path, Limits(), hashlib.sha256()):
        parts = PurePosixPath(member.path).parts
        if content and parts[-3:] == ("WEB-INF", "classes", _FILES[kind]):
            return {kind: properties.parse(content.read())}
    return {}


def _listed(path: Path, release: str) -> frozenset[str] | None:
    wanted = f"mandatoryDbChanges_{Version.parse(release).dialect}.csv"
    texts = list_members(path, texts=lambda name: PurePosixPath(name).name == wanted).texts
    found = {line.split(",")[0].strip() for text in texts.values() for line in text.splitlines()}
    return frozenset(version for version in found if _VERSION.fullmatch(version)) if texts else None


def _listed_inside(path: Path) -> frozenset[str] | None:
    for known, nested in _nested(path, (PackageKind.GUI,)):
        return _listed(nested, known.version)
    return None


def _nested(path: Path, kinds: Collection[PackageKind]) -> Iterator[tuple[names.PackageName, Path]]:
    """The packages of these kinds inside a complete one, each in a file that is there until the next is asked for."""
    for member, content in read_members(path, Limits(), hashlib.sha256()):
        known = names.parse(PurePosixPath(member.path).name)
        if content is None or known is None or known.kind not in kinds:
            continue
        with tempfile.NamedTemporaryFile(suffix=names.SUFFIX) as nested:
            shutil.copyfileobj(content, nested)
            nested.flush()
            yield known, Path(nested.name)
