"""What a package will bring, told before anything is staged: the database updates of a release."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from orchestrator.packages import names
from orchestrator.packages.archive import Limits, list_members, read_members
from workflows.plan import PackageKind, PackageRef
from workflows.version import Version

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


def _listed(path: Path, release: str) -> frozenset[str] | None:
    wanted = f"mandatoryDbChanges_{Version.parse(release).dialect}.csv"
    texts = list_members(path, texts=lambda name: PurePosixPath(name).name == wanted).texts
    found = {line.split(",")[0].strip() for text in texts.values() for line in text.splitlines()}
    return frozenset(version for version in found if _VERSION.fullmatch(version)) if texts else None


def _listed_inside(path: Path) -> frozenset[str] | None:
    for member, content in read_members(path, Limits(), hashlib.sha256()):
        name = PurePosixPath(member.path).name
        known = names.parse(name)
        if content is None or known is None or known.kind is not PackageKind.GUI:
            continue
        with tempfile.NamedTemporaryFile(suffix=names.SUFFIX) as nested:
            shutil.copyfileobj(content, nested)
            nested.flush()
            return _listed(Path(nested.name), known.version)
    return None
