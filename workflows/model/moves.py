"""Plans that move between releases which lie on the host already: a switch, and a rollback. Persisted with the run as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workflows.model.plans import Component, GateOptions, Hop, Link, PackageKind, StagedTree


@dataclass(frozen=True, kw_only=True)
class MovePlan:
    """What every move needs to know, decided before it starts.

    source, target: versions, as people are told them. hop: names the steps, and holds the frontend that is started and its
    rules; it has no packages. trees: what becomes active, all together. links: further ones to be pointed, for opt/tomcat.
    before: component -> version at the start.
    """

    source: str
    target: str
    hop: Hop
    trees: tuple[StagedTree, ...] = ()
    links: tuple[Link, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    gate: GateOptions = field(default_factory=GateOptions)
    start_timeout: float = 120.0  # seconds
    migrate_timeout: float = 600.0  # seconds
    tool_version: str = ""

    def folder(self, kind: PackageKind) -> str | None:
        """The folder of the tree of that kind which becomes active; None when that kind stays as it is."""
        return next((tree.folder for tree in self.trees if tree.kind is kind), None)


@dataclass(frozen=True, kw_only=True)
class SwitchPlan(MovePlan):
    """One component to another version of the same release line."""

    component: Component

    @property
    def restarts(self) -> bool:
        """Whether the application has to be down: the manual's pages are only read."""
        return self.component is not Component.MANUAL


@dataclass(frozen=True)
class RestorePoint:
    """The database that a rollback puts in place: of a dump, or one that an earlier restore kept.

    One of backup and kept is set. taken: the state it holds. verified: when the dump was last restored and compared.
    versions: the version set it holds; rows: per table. left: rows per table that the last upgrade left, people's own left out;
    empty where nobody counted them.
    """

    taken: datetime
    versions: tuple[str, ...]
    rows: Mapping[str, int]
    backup: str | None = None
    kept: str | None = None
    verified: datetime | None = None
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How people are told it."""
        return f"dump {self.backup}" if self.backup else f"kept database {self.kept}"


@dataclass(frozen=True, kw_only=True)
class RollbackPlan(MovePlan):
    """Every component back to the versions that belong together; across lines with the database that belongs to them.

    point: None within one line, and when the database is left as it is. without_database: the older code runs on the newer
    schema because it was told so; misses and unknown name what that means, as "table" or "table.column". folders: the copies,
    oldest first, of folders that starts have deleted since (`Home.kept_folders`).
    """

    point: RestorePoint | None = None
    without_database: bool = False
    misses: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
