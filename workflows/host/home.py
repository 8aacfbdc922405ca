"""Folders and links under the OpenEMM home (facts 1). Paths are relative to it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows.model.plans import Component, Link, PackageKind, StagedTree
from workflows.model.values import PropertyFiles, SiteValues


@dataclass(frozen=True)
class CarriedFile:
    """A site file brought into a new tree. replaced: the shipped file differed and was kept beside as `.new`."""

    path: str
    sha256: str
    replaced: bool


@dataclass(frozen=True)
class KeptFolders:
    """Folders of the home copied aside before a start that deletes them. name: of the run and its hop; since: when."""

    name: str
    since: datetime
    folders: tuple[str, ...]


@dataclass(frozen=True)
class InstalledTree:
    """A release tree that lies on this host, active or not. missing: what a complete one has and this one lacks."""

    tree: StagedTree
    missing: tuple[str, ...] = ()


class SqlKind(enum.StrEnum):
    """The SQL files of a package (facts 5.3, 20.3).

    FULL: what makes an empty database into a schema; an upgrade never runs it. MIGRATION: from 22.10 on, run last and at every
    call: no version row tells of it.
    """

    FULL = "full"
    UPDATE = "update"
    MESSAGES = "messages"
    USERRIGHTS = "userrights"
    MIGRATION = "migration"


@dataclass(frozen=True)
class SqlFile:
    """An SQL file of a staged frontend. version: only of update files. path: relative to the home."""

    name: str
    kind: SqlKind
    version: str | None
    path: str
    sha256: str


class Home(Protocol):
    """Folders and links under /home/openemm (facts 1)."""

    def owner(self) -> str:
        """Whose the home is, by name, or by number where that has none; links are followed."""

    def active(self) -> Mapping[Component, str]:
        """The active version of each component, read where facts 1.2 says; a component that is not there is left out."""

    def active_folder(self, kind: PackageKind) -> str | None:
        """The folder of the active tree of that kind, links resolved."""

    def installed(self) -> Sequence[InstalledTree]:
        """Every release tree on this host, whoever unpacked it, by kind and version; quick: no content is read."""

    def tomcats(self) -> Mapping[str, str]:
        """The Tomcats under opt that are complete: folder -> version (facts 1.1)."""

    def links_for(self, trees: Sequence[StagedTree]) -> Sequence[Link]:
        """The links that make these trees active (facts 1.1, 1.3), the backend's `previous` included."""

    def read_links(self, paths: Sequence[str]) -> Sequence[Link]:
        """Where the links point now."""

    def write_links(self, links: Sequence[Link]) -> None:
        """Point every link, each by rename of a prepared one; a link with target None is removed."""

    def carry_site_files(self, source: str, target: str) -> Sequence[CarriedFile]:
        """Bring the runtime's site files (facts 1.4: server.xml, hostname, web.xml, keys, ...) into a new runtime tree."""

    def keep_site_files(self, runtime: str, name: str) -> None:
        """Keep, outside of the home, what `carry_site_files` may change in that runtime tree; once a name."""

    def put_back_site_files(self, runtime: str, name: str) -> None:
        """Make them again what they were when they were kept under that name; nothing when they never were."""

    def forget_site_files(self, name: str) -> None:
        """Remove what was kept under that name, folders too."""

    def keep_folders(self, folders: Sequence[str], name: str) -> Sequence[str]:
        """Copy those of these folders that are there aside under that name, once; what is kept under it."""

    def kept_folders(self) -> Sequence[KeptFolders]:
        """What `keep_folders` has kept and nobody has forgotten, oldest first."""

    def lacking_folders(self, names: Sequence[str]) -> Sequence[str]:
        """The folders kept under these names that the home lacks."""

    def put_back_folders(self, names: Sequence[str]) -> Sequence[str]:
        """Bring back the folders kept under these names that are no longer there, the first copy of each; which ones."""

    def take_away_folders(self, folders: Sequence[str], names: Sequence[str]) -> Sequence[str]:
        """Remove those of these folders that are still as `put_back_folders` brought them back; which ones."""

    def property_files(self, gui: str, webservices: str | None) -> PropertyFiles:
        """The property files of a GUI and its web services, in these folders."""

    def carry_values(self, source: str, target: str, kind: PackageKind, values: SiteValues) -> Sequence[CarriedFile]:
        """Carry values and the session-timeout of an old web application folder into the new one (facts 1.4, 8.3)."""

    def keep_values(self, folders: Sequence[str], name: str) -> None:
        """Copy the property files of these web applications aside under that name, once."""

    def put_back_values(self, name: str) -> None:
        """Make them what they were when they were kept under that name; nothing when they never were."""

    def sql_files(self, frontend: str) -> Sequence[SqlFile]:
        """The SQL files of a frontend tree, in the order of their names."""

    def read_text(self, path: str) -> str:
        """A file's text (UTF-8)."""

    def mandatory_versions(self, frontend: str) -> frozenset[str]:
        """The database versions that the package says it needs (mandatoryDbChanges)."""

    def digest(self, folder: str) -> str:
        """SHA-256 over a tree's listing: names, modes, link targets, content."""
