"""The tables of OpenEMM's database: their formats and the plan of a conversion, their sizes, and the server's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from orchestrator.hosts.database.configuration import Configuration
from orchestrator.hosts.database.database import RealDatabase
from orchestrator.hosts.database.tables import memory, server, table_sizes
from orchestrator.hosts.home import site_values
from orchestrator.plans.switch import hop_to
from orchestrator.tool import TOOL_VERSION
from orchestrator.views.document import Count
from workflows.convert import ConversionPlan
from workflows.host.database import Formats
from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, GateOptions
from workflows.rules.configuration import effective
from workflows.rules.tuning import judge, missing_indexes
from workflows.rules.window import parse_window

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.settings import Settings
    from workflows.host.backups import Backup

ATTACHMENT = "attachment.maxSize"


@dataclass(frozen=True)
class Affected:
    """A table of the format Compact."""

    name: str
    bytes: Count


@dataclass(frozen=True, kw_only=True)
class TableFormats:
    """Of which format the tables are."""

    schema: Literal["orchestrate.database-check-format/1"] = "orchestrate.database-check-format/1"
    changed: Literal[False] = False
    database: str
    server: str
    view: str
    """Where the server told it."""
    counts: Mapping[str, Count]
    """Tables by row format."""
    affected: tuple[Affected, ...]
    sound: bool
    """No table is in format Compact."""

    @classmethod
    def of(cls, found: Formats) -> TableFormats:
        """The formats as they are told."""
        affected = tuple(Affected(name, size) for name, size in found.compact.items())
        return cls(
            database=found.database, server=found.server, view=found.view, counts=found.counts, affected=affected,
            sound=not affected,
        )  # fmt: skip


@dataclass(frozen=True)
class Total:
    """Of all tables."""

    data: Count
    """Bytes."""
    index: Count
    """Bytes."""
    free: Count
    """Bytes."""


@dataclass(frozen=True)
class Since:
    """The backup that growth is told against."""

    backup: str
    taken: datetime


@dataclass(frozen=True)
class Table:
    """A table."""

    name: str
    data: Count
    """Bytes."""
    index: Count
    """Bytes."""
    free: Count
    """Bytes that its file holds and does not use."""
    rows: Count
    grown: int | None
    """Rows more than in that backup; null: not known."""
    format: str | None


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The tables, biggest first."""

    schema: Literal["orchestrate.database-size/1"] = "orchestrate.database-size/1"
    database: str
    total: Total
    exact: bool
    """Rows were counted, not estimated."""
    since: Since | None
    """The backup that growth is told against; null: there is none, or nothing was counted."""
    tables: tuple[Table, ...]


def conversion(site: Site, gate: GateOptions) -> tuple[Formats, ConversionPlan]:
    """The formats, and the plan that converts what is Compact.

    Raises:
        ProcessRightError: the formats cannot be seen.
        WorkflowError: "frontend-missing"; what `can_restore` raises when an undo would not be possible.
        UsageError: "window-malformed".
    """
    if gate.window:
        parse_window(gate.window)
    found = site.host.database.formats()
    version = site.host.home.active().get(Component.FRONTEND)
    if version is None:
        raise WorkflowError("cannot tell which release is active", key="frontend-missing", next=["orchestrate status"])
    if found.compact:
        site.host.backups.can_restore()
    plan = ConversionPlan(
        source=version, target=version, hop=hop_to(version, version, "convert"), tables=len(found.compact),
        starts=site.host.application.state().frontend, gate=gate, start_timeout=site.settings.start_timeout,
        migrate_timeout=site.settings.migrate_timeout, tool_version=TOOL_VERSION,
    )  # fmt: skip
    return found, plan


def sizes(settings: Settings, backups: Sequence[Backup], *, exact: bool) -> Sizes:
    """How large the tables are, and, where rows are counted, how much they grew since the newest backup whose manifest tells."""
    name, found = table_sizes(settings)
    rows = _counted(settings) if exact else {}
    last = next((backup for backup in backups if backup.rows), None) if exact else None
    then = {table.lower(): count for table, count in last.rows.items()} if last else {}
    tables = tuple(
        Table(
            one.name, one.data, one.index, one.free, rows.get(one.name, one.rows),
            rows[one.name] - then.get(one.name.lower(), 0) if last and one.name in rows else None, one.format,
        )
        for one in found
    )  # fmt: skip
    total = Total(*(sum(getattr(table, part) for table in tables) for part in ("data", "index", "free")))
    return Sizes(database=name, total=total, exact=exact, since=Since(last.id, last.created) if last else None, tables=tables)


def _counted(settings: Settings) -> Mapping[str, int]:
    database = RealDatabase(settings)
    try:
        return database.row_counts()
    finally:
        database.close()


@dataclass(frozen=True)
class Suggestion:
    """A variable of the server, held against the guide."""

    name: str
    now: str
    suggested: str | None
    """Null: it is well as it is."""
    why: str
    source: str
    """The guide's chapter."""


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How the server is set, and what would be better; nothing is changed."""

    schema: Literal["orchestrate.database-tune/1"] = "orchestrate.database-tune/1"
    memory: int | None
    """Bytes of this host; null when the server is on another."""
    size: Count
    """Bytes of OpenEMM's tables."""
    server: str
    findings: tuple[Suggestion, ...]
    lines: tuple[str, ...]
    """For my.cnf."""
    indexes: tuple[str, ...]
    """SQL statements."""


def tuning(settings: Settings) -> Tuning:
    """Hold the server's settings against the guide; changes nothing."""
    found = server(settings)
    here = memory() if found.here else None
    findings = judge(found.variables, here, _largest_attachment(settings))
    lines = [one.line for one in findings if one.line]
    return Tuning(
        memory=here, size=found.size, server=found.version,
        findings=tuple(Suggestion(one.name, one.now, one.suggested, one.why, one.source) for one in findings),
        lines=("[mysqld]", *lines) if lines else (), indexes=tuple(missing_indexes(found.indexes)),
    )  # fmt: skip


def _largest_attachment(settings: Settings) -> int | None:
    """attachment.maxSize of the database, else of emm.properties (guide 8.3), where it is a number."""
    configuration = Configuration(settings)
    seen = {one.row.key: one.row.value for one in effective(configuration.rows(), configuration.hostname())}
    value = seen.get(ATTACHMENT) or site_values.read(settings.home / "webapps/emm" / site_values.EMM).get(ATTACHMENT) or ""
    return int(value) if value.isdecimal() else None
