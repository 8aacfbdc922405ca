"""What a package is, told by what is in it (facts 2.1); its name alone proves nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.data.places import WEB_APPLICATIONS
from orchestrator.releases import names
from orchestrator.releases.archive import Listing, MemberType
from orchestrator.releases.errors import PackageError
from workflows.model.errors import UsageError
from workflows.model.plans import PackageKind, PackageRef
from workflows.model.version import Version

_PROPERTIES = "WEB-INF/classes/emm.properties"
_BACKEND_TOP = re.compile(r"V(\d+\.\d+\..+)")
_TOMCAT = re.compile(r"tomcat\d+")
_BIRT = re.compile(r"(WEB-INF/(classes/)?)?birt")
_APPLICATION_VERSION = re.compile(r"^\s*ApplicationVersion\s*[=:]\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Contents:
    """What a package holds. top: the one folder that everything lies in and that is left out when it is unpacked, or ""."""

    kind: PackageKind
    top: str = ""


def wants_text(path: str) -> bool:
    """Whether `recognise` looks into this member."""
    return path.endswith(_PROPERTIES)


def recognise(listing: Listing, ref: PackageRef) -> Contents:
    """Tell a package's kind by its content and hold its name against it.

    What marks statistics and webservices is not known for certain: without a mark either way the name decides between them.

    Raises:
        PackageError: "package-kind-mismatch", "package-version-mismatch", or "package-incomplete" for a web application
            without web.xml (it would start and answer 404, facts 17.5).
    """
    top = _single_top(listing)
    contents = _told_by(listing, ref.kind, "") or (_told_by(listing, ref.kind, top) if top else None)
    if contents is None or contents.kind is not ref.kind:
        found = f"a {contents.kind.value} package" if contents else "nothing of OpenEMM that is known"
        raise _mismatch(ref, "package-kind-mismatch", f"by its name it is a {ref.kind.value} package, but it holds {found}")
    version = _version_inside(listing, contents)
    if version is not None and version != Version.parse(ref.version):
        raise _mismatch(ref, "package-version-mismatch", f"by its name it is {ref.version}, but it holds {version}")
    if contents.kind in WEB_APPLICATIONS and "WEB-INF/web.xml" not in _paths(listing, contents.top):
        raise _mismatch(ref, "package-incomplete", "WEB-INF/web.xml is missing")
    return contents


def _single_top(listing: Listing) -> str:
    tops = {member.parts[0] for member in listing.members}
    (top,) = tops if len(tops) == 1 else ("",)
    has_files = any(member.path == top and member.type is not MemberType.FOLDER for member in listing.members)
    return "" if has_files else top


def _paths(listing: Listing, top: str) -> set[str]:
    prefix = f"{top}/" if top else ""
    return {member.path.removeprefix(prefix) for member in listing.members if member.path.startswith(prefix)}


def _told_by(listing: Listing, named: PackageKind, top: str) -> Contents | None:
    paths = _paths(listing, top)
    first = {path.partition("/")[0] for path in paths}
    if "WEB-INF" in first:
        return Contents(_webapp(paths, named), top)
    if top and _BACKEND_TOP.fullmatch(top) and {"bin", "scripts"} <= first:
        return Contents(PackageKind.BACKEND, top)
    if any(_TOMCAT.fullmatch(name) and any(path.startswith(f"{name}/conf") for path in paths) for name in first):
        return Contents(PackageKind.RUNTIME) if not top else None
    if first & {"en", "de"} and not top:
        return Contents(PackageKind.MANUAL)
    if any(names.parse(path) for path in paths):
        return Contents(PackageKind.COMPLETE, top)
    return None


def _webapp(paths: set[str], named: PackageKind) -> PackageKind:
    if any(path.startswith("WEB-INF/sql/") for path in paths):
        return PackageKind.GUI
    webservices = any(path.endswith(("/emm-ws.properties", ".wsdl")) for path in paths)
    statistics = any(_BIRT.match(path) for path in paths)
    if webservices != statistics:
        return PackageKind.WEBSERVICES if webservices else PackageKind.STATISTICS
    return PackageKind.WEBSERVICES if named is PackageKind.WEBSERVICES else PackageKind.STATISTICS


def _version_inside(listing: Listing, contents: Contents) -> Version | None:
    """The version as the content says it, when it does (facts 1.2)."""
    if contents.kind is PackageKind.BACKEND:
        text = contents.top.removeprefix("V")
    elif contents.kind in WEB_APPLICATIONS:
        prefix = f"{contents.top}/" if contents.top else ""
        match = _APPLICATION_VERSION.search(listing.texts.get(prefix + _PROPERTIES, ""))
        text = match[1] if match else ""
    else:
        text = ""
    try:
        return Version.parse(text) if text else None
    except UsageError:
        return None


def _mismatch(ref: PackageRef, key: str, why: str) -> PackageError:
    return PackageError(
        f"cannot unpack {ref.file}: {why}",
        key=key,
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    get the right file into the package source, then run it again"],
    )
