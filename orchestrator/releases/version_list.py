"""The vendor's version lists: plain text, one package a line (facts 3). The format knows no digest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.releases.web import is_address, malformed
from workflows.model.errors import UsageError
from workflows.model.plans import PackageKind
from workflows.model.version import Version

_KEYS: dict[str, PackageKind] = {
    "new-release-runtime": PackageKind.RUNTIME,
    "runtime": PackageKind.RUNTIME,
    "complete": PackageKind.COMPLETE,
    "openemm": PackageKind.COMPLETE,
    "frontend": PackageKind.COMPLETE,
    "backend": PackageKind.BACKEND,
    "backend-suse": PackageKind.BACKEND,
    "manual": PackageKind.MANUAL,
    "frontend-emm": PackageKind.GUI,
    "emm": PackageKind.GUI,
    "frontend-statistics": PackageKind.STATISTICS,
    "statistics": PackageKind.STATISTICS,
    "frontend-webservices": PackageKind.WEBSERVICES,
    "webservices": PackageKind.WEBSERVICES,
}


@dataclass(frozen=True)
class ListEntry:
    """A line of a version list. kind: None for what is not for an OpenEMM host. url: None when the line has none."""

    key: str
    version: str
    url: str | None
    kind: PackageKind | None
    suse: bool = False


def parse_version_list(text: str, where: str) -> Iterator[ListEntry]:
    """The entries of a version list: "name: version URL", # begins a comment, a line without a colon is none (facts 3).

    Raises:
        SourceError: "version-list-malformed" when it is a web page, or a package for us has no version or no usable address.
    """
    if text.lstrip().startswith("<"):
        raise malformed(where, "it is a web page")
    for number, line in enumerate(text.split("\n"), start=1):
        key, colon, rest = line.strip().partition(":")
        key = key.strip()
        if not colon or key.startswith("#"):
            continue
        version, _, url = rest.strip().partition(" ")
        url = url.strip()
        kind = _KEYS.get(key)
        if kind is not None:
            _check(version, url, f"{where}, line {number}", where)
        yield ListEntry(key, version, url or None, kind, suse=key.endswith("-suse"))


def _check(version: str, url: str, place: str, where: str) -> None:
    try:
        usable = not Version.parse(version).is_line
    except UsageError:
        usable = False
    if not usable:
        raise malformed(where, f"{place}: {version[:40]!r} is not the version of a release")
    if any(char.isspace() for char in url) or (":" in url and not is_address(url)):
        raise malformed(where, f"{place}: the address is no http or https address")
