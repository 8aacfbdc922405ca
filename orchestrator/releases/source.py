"""Where packages come from: a folder, or an HTTP(S) site with version lists (facts 3).

The setting `packages` is one of
- the absolute path of a folder with .tar.gz files, and SHA256SUMS beside them or not;
- the address of one version list: it does not end in a slash (https://host/packages/version.txt), or its last part begins with
  openemm-version- as on the vendor's site (https://host/openemm-version-20.10/);
- the address of a site, ending in a slash (https://host/packages/): openemm-version-<line>/ below it is read for every known
  line; a line without a list there is a line the site does not have.

A package named without an address lies on the site (beside the list, or beside the folder openemm-version-<line>/) under the
conventional name. SHA256SUMS is read on the site and beside each list; 404 means that there is none.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urljoin, urlsplit

from orchestrator.files import read_small
from orchestrator.releases import names
from orchestrator.releases.errors import SourceError
from orchestrator.releases.sums import FILE, malformed_sums, merge_sums, parse_sums
from orchestrator.releases.version_list import ListEntry, parse_version_list
from orchestrator.releases.web import MAX_TEXT, Web, strip
from workflows.model.plans import PackageKind, PackageRef
from workflows.model.version import Version

LIST_PREFIX = "openemm-version-"


@dataclass(frozen=True)
class Offer:
    """What a source offers. packages: in the order of their names; ignored: names of what is not for an OpenEMM host."""

    packages: tuple[PackageRef, ...]
    ignored: tuple[str, ...] = ()


class Source(Protocol):
    """A place that packages come from."""

    def read(self) -> Offer:
        """What it offers now.

        Raises:
            SourceError: "source-unreachable", "source-empty", "source-insecure", "version-list-malformed", "sums-malformed".
        """


class FolderSource:
    """A folder of package files."""

    def __init__(self, path: Path, *, suse: bool = False) -> None:
        """Name the folder. suse: this host is SLES and takes the backend built for it."""
        self._path = path
        self._suse = suse

    def read(self) -> Offer:
        """The package files that lie in the folder; see `Source.read`."""
        try:
            files = sorted(entry.name for entry in self._path.iterdir() if entry.name.endswith(names.SUFFIX))
            sums_file = self._path / FILE
            sums = parse_sums(_text(sums_file), str(sums_file)) if sums_file.exists() else {}
            found = [
                (name, _ref(name, str(self._path.absolute() / name.file), sums.get(name.file), (self._path / name.file).stat()))
                for name in map(names.parse, files)
                if name
            ]
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceError(
                f"cannot read the package folder {self._path}: {reason}",
                unharmed=["nothing was changed"],
                next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
            ) from error
        return _offer(found, files, self._suse, str(self._path))


class HttpSource:
    """A site with version lists."""

    def __init__(self, url: str, lines: Sequence[str], *, suse: bool = False) -> None:
        """Take the address (see the module) and the lines to look for on a site; nothing is sent yet."""
        self.web = Web(url)
        self._lines = lines
        self._suse = suse
        last = urlsplit(self.web.url).path.rstrip("/").rpartition("/")[2]
        self._is_list = last.startswith(LIST_PREFIX) or not urlsplit(self.web.url).path.endswith("/")
        if not self._is_list:
            self._site = self.web.url
        elif last.startswith(LIST_PREFIX):
            self._site = urljoin(self.web.url.rstrip("/"), ".")
        else:
            self._site = urljoin(self.web.url, ".")

    def read(self) -> Offer:
        """The packages that the site's version lists name; see `Source.read`."""
        lists = self._lists()
        sums: dict[str, str] = {}
        for where in dict.fromkeys([urljoin(self._site, FILE), *(urljoin(url, FILE) for url in lists)]):
            if (text := self.web.text(where)) is not None:
                merge_sums(sums, parse_sums(text, where), where)
        found: dict[str, tuple[names.PackageName, PackageRef]] = {}
        ignored: list[str] = []
        for url, text in lists.items():
            for entry in parse_version_list(text, url):
                if entry.kind is None:
                    ignored.append(f"{entry.key} {entry.version}")
                    continue
                name, location = self._located(entry, entry.kind)
                found.setdefault(name.file, (name, _ref(name, location, sums.get(name.file))))
        return _offer([found[file] for file in sorted(found)], [], self._suse, self.web.url, ignored)

    def _lists(self) -> dict[str, str]:
        if self._is_list:
            text = self.web.text(self.web.url)
            if text is None:
                raise SourceError(
                    f"cannot read {self.web.url}: there is no version list",
                    unharmed=["nothing was changed"],
                    next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
                )
            return {self.web.url: text}
        urls = [urljoin(self._site, f"{LIST_PREFIX}{line}/") for line in self._lines]
        return {url: text for url in urls if (text := self.web.text(url)) is not None}

    def _located(self, entry: ListEntry, kind: PackageKind) -> tuple[names.PackageName, str]:
        """The package's name and address. The list's key says what it is, not the name that an address happens to end in."""
        location = urljoin(self._site, entry.url or names.conventional(kind, entry.version, suse=entry.suse))
        tail = unquote(urlsplit(location).path).rpartition("/")[2]
        named = names.parse(tail)
        if named is None or named.kind is not kind or Version.parse(named.version) != Version.parse(entry.version):
            tail = names.conventional(kind, entry.version, suse=entry.suse)
        return names.PackageName(tail, kind, entry.version, entry.suse), strip(location)


def open_source(packages: str, lines: Sequence[str], *, suse: bool = False) -> FolderSource | HttpSource:
    """The source that the setting `packages` names."""
    if "://" in packages:
        return HttpSource(packages, lines, suse=suse)
    return FolderSource(Path(packages), suse=suse)


def _text(path: Path) -> str:
    """As it is: a line ends at a line feed only."""
    data = read_small(path)
    if len(data) > MAX_TEXT:
        raise malformed_sums(f"{path} is longer than {MAX_TEXT} bytes")
    return str(data, "utf-8")


def _ref(name: names.PackageName, location: str, sha256: str | None, status: os.stat_result | None = None) -> PackageRef:
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise SourceError(f"cannot use {location}: it is not a file")
    return PackageRef(name.file, name.kind, name.version, location, sha256, status.st_size if status else None)


def _offer(
    found: Sequence[tuple[names.PackageName, PackageRef]],
    files: Sequence[str],
    suse: bool,
    where: str,
    ignored: Sequence[str] = (),
) -> Offer:
    fitting = names.for_host([name for name, _ in found], suse=suse)
    chosen = [ref for name, ref in found if name in fitting]
    if not chosen:
        raise SourceError(
            f"cannot find any package for OpenEMM in {where}",
            key="source-empty",
            detail=[f"not for an OpenEMM host: {name}" for name in [*files, *ignored]][:25],
            unharmed=["nothing was changed"],
            next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
        )
    taken = {ref.file for ref in chosen}
    return Offer(tuple(chosen), tuple(sorted({*(file for file in files if file not in taken), *ignored})))
