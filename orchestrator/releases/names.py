"""What a package's file name says it is (facts 2.1). The content is asked when it is unpacked (`contents.py`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workflows.model.errors import UsageError
from workflows.model.plans import PackageKind
from workflows.model.version import Version

SUFFIX = ".tar.gz"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.tar\.gz")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:-hf[0-9]+)?")
_COMPLETE = re.compile(r"openemm-[0-9]")

# the first that is in the name wins; None: nothing that an OpenEMM host of its own installs from us
_MARKS: tuple[tuple[str, PackageKind | None], ...] = (
    ("backend-runtime-", None),
    ("-startup-", None),
    ("-runtime-", PackageKind.RUNTIME),
    ("backend-one-", None),
    ("backend-console-", None),
    ("backend-rdir-", None),
    ("-merger-", None),
    ("-mailer-", None),
    ("-mailloop-", None),
    ("-backend-", PackageKind.BACKEND),
    ("-manual-", PackageKind.MANUAL),
    ("-emm-", PackageKind.GUI),
    ("-gui-", PackageKind.GUI),
    ("-statistics-", PackageKind.STATISTICS),
    ("-webservices-", PackageKind.WEBSERVICES),
    ("-rdir-", None),
    ("-tomcat-", None),
    ("-java-", None),
)


@dataclass(frozen=True)
class PackageName:
    """A file name understood. version: as written in the name. suse: a backend built for SLES (openemm-backend-suse-...)."""

    file: str
    kind: PackageKind
    version: str
    suse: bool = False

    @property
    def stem(self) -> str:
        """The name without .tar.gz: what its release folder is called."""
        return stem(self.file)


def stem(file: str) -> str:
    """A package's file name without .tar.gz."""
    return file.removesuffix(SUFFIX)


def is_safe(file: str) -> bool:
    """Whether this is a plain .tar.gz name that can be used for a file and a folder as it is."""
    return _SAFE.fullmatch(file) is not None


def parse(file: str) -> PackageName | None:
    """Read a file name, or None when it is not a package for an OpenEMM host.

    The vendor's raw builds write openemm-webservices_<version>, which his own tool would take for a complete package: an
    underscore counts as a hyphen here. A name that fits no mark is a complete package only as openemm-<version>.
    """
    if not is_safe(file):
        return None
    name = file.replace("_", "-")
    match = _VERSION.search(name)
    if match is None:
        return None
    try:
        Version.parse(match[0])
    except UsageError:
        return None
    kind = next((kind for mark, kind in _MARKS if mark in name), PackageKind.COMPLETE)
    if kind is None or (kind is PackageKind.COMPLETE and not _COMPLETE.match(name)):
        return None
    return PackageName(file, kind, match[0], suse=kind is PackageKind.BACKEND and "-suse-" in name)


def for_host(found: Sequence[PackageName], *, suse: bool) -> list[PackageName]:
    """Leave out what was built for another system. SLES takes the plain backend only where there is none of its own."""
    for_sles = {name.version for name in found if name.suse}
    if suse:
        return [n for n in found if n.suse or n.kind is not PackageKind.BACKEND or n.version not in for_sles]
    return [name for name in found if not name.suse]


def conventional(kind: PackageKind, version: str, *, suse: bool = False) -> str:
    """The file name that a package of this kind and version has by convention."""
    part = "" if kind is PackageKind.COMPLETE else f"{kind.value}-"
    return f"openemm-{part}{'suse-' if suse else ''}{version}{SUFFIX}"
