"""What a run is about to do, pinned when it starts (DESIGN 3.6). Plain data: it is persisted with the run as JSON."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Component(enum.StrEnum):
    """What has a version of its own on a host (facts 1.2). FRONTEND is GUI, statistics and webservices together."""

    RUNTIME = "runtime"
    FRONTEND = "frontend"
    BACKEND = "backend"
    MANUAL = "manual"


class PackageKind(enum.StrEnum):
    """What a tarball holds (facts 2.1), told by its content."""

    RUNTIME = "runtime"
    GUI = "gui"
    STATISTICS = "statistics"
    WEBSERVICES = "webservices"
    BACKEND = "backend"
    MANUAL = "manual"
    COMPLETE = "complete"  # holds tarballs of the kinds above


@dataclass(frozen=True)
class PackageRef:
    """A package that a source offers.

    file: its file name. kind: as the name says; checked against the content when staged. version: as the name or list says.
    location: absolute path or http(s) URL. sha256: from the source's SHA256SUMS, None when the source names none.
    """

    file: str
    kind: PackageKind
    version: str
    location: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Release:
    """The packages that make one release of OpenEMM; its version is that of its frontend."""

    version: str
    packages: tuple[PackageRef, ...]


@dataclass(frozen=True)
class BenignError:
    """An SQL error that is known to be harmless: update file of `version` may fail with `errno` about `object`.

    sha256 of the file, when known; None means not known, and then line, version, errno and object must fit (facts 13.2).
    """

    version: str
    errno: int
    object: str
    sha256: str | None
    source: str


@dataclass(frozen=True)
class Repair:
    """What an update file needs mended before it can pass: the foreign keys of a column are dropped (facts 22.1).

    version: of the update file; nothing is done unless it is pending. table, column: where the keys are. why: what would become
    of the file without it.
    """

    version: str
    table: str
    column: str
    why: str
    source: str

    @property
    def said(self) -> str:
        """What is done, for people."""
        return f"before update {self.version}, any foreign key of {self.table}.{self.column} is dropped ({self.source})"


@dataclass(frozen=True)
class Need:
    """Something a release line needs of its host: any one of `any_of` will do (rules/needs.py). stops: not without it."""

    name: str
    any_of: tuple[str, ...]
    stops: bool
    source: str


@dataclass(frozen=True)
class Moves:
    """Which values of its property files a line's first start moves into config_tbl: these and no others (facts 24.2).

    keys: key in the file -> "class.name" in config_tbl. renamed: key in an older line's file -> key in this line's file.
    needed: those of config_tbl for which the release has no value of its own. shipped: values as older lines are known to ship
    them, by key in the file; they count only where the file as shipped is not at hand.
    """

    keys: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    shipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstStart:
    """A start that may be the first of its line on this database (facts 24.2).

    gui, webservices: the folders that are started; their files decide for good. older: those of an older release on the host,
    whose files hold the site's values, too. restored: the run itself puts the database back before, so that its dump is there.
    """

    gui: str
    webservices: str | None = None
    older: tuple[str, str | None] | None = None
    restored: bool = False


@dataclass(frozen=True)
class LineRules:
    """What the catalogue knows of a release line; None or an empty tuple where nothing is known.

    line: "20.04". migrates: what its first start-up moves, of "config-values", "company-values", "layout", "reports",
    "startup-jobs". config_keys: keys (class.name) that must be in config_tbl after that start. moves: which values of the
    property files. repairs: what is mended in the database before an update of it. exceptions: versions that the package's
    mandatory list names, but that may be missing. has_release_log: whether its start writes release_log_tbl. backend_at_start:
    whether an intermediate start needs the backend too. deletes: folders of the home that its start deletes. needs: what is known
    that it needs of its host; needs_unknown: what it may need, but nothing is known.
    """

    line: str
    migrates: tuple[str, ...] = ()
    config_keys: tuple[str, ...] = ()
    moves: Moves | None = None
    benign: tuple[BenignError, ...] = ()
    repairs: tuple[Repair, ...] = ()
    exceptions: tuple[str, ...] = ()
    has_release_log: bool | None = None
    backend_at_start: bool = False
    deletes: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    needs_unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One proven move from a release to the next. number counts from 1; final: the release the run ends on.

    updates: how many database updates are pending for it; None where the package must be downloaded first. first: where a start
    of what lies on the host already takes the site's values from, should it be the line's first; an upgrade carries them anyway.
    """

    number: int
    source: str
    target: Release
    rules: LineRules
    final: bool
    name: str = ""
    updates: int | None = None
    first: FirstStart | None = None

    @property
    def prefix(self) -> str:
        """How the names of this hop's steps begin."""
        return self.name or f"hop{self.number}"

    @property
    def title(self) -> str:
        """How the titles of this hop's steps begin."""
        return self.name or f"hop {self.number}"


@dataclass(frozen=True)
class GateOptions:
    """How the dispatch gate waits (facts 7).

    wait: seconds to wait at the most, None for as long as it takes. window: "HH:MM-HH:MM" in the host's local time, the only
    time of day in which mail may be stopped. ignore_dispatch: stop although mail is being sent (recorded).
    """

    wait: float | None = None
    window: str | None = None
    ignore_dispatch: bool = False


@dataclass(frozen=True)
class UpgradePlan:
    """Everything an upgrade needs to know, decided before it starts. source_rules: of the line that it leaves first."""

    source: str
    target: str
    hops: tuple[Hop, ...]
    before: Mapping[str, str] = field(default_factory=dict)  # component -> version at the start
    gate: GateOptions = field(default_factory=GateOptions)
    start_timeout: float = 120.0  # seconds
    migrate_timeout: float = 600.0  # seconds
    catalogue_serial: int = 0
    tool_version: str = ""
    source_rules: LineRules | None = None


@dataclass(frozen=True)
class StagedTree:
    """A release tree unpacked beside the active one. folder is relative to the home; digest is over its content listing.

    digest is empty where the tree was found on the host instead of being unpacked by us.
    """

    component: Component
    kind: PackageKind
    version: str
    folder: str
    digest: str


@dataclass(frozen=True)
class Link:
    """A symbolic link and where it points; target None: there is none."""

    path: str
    target: str | None
