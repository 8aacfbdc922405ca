"""The tables of OpenEMM's database: their formats and the plan of a conversion, their sizes, and the server's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.hosts.database.configuration import Configuration
from orchestrator.hosts.database.database import RealDatabase
from orchestrator.hosts.database.tables import Server, TableSize, memory, server, table_sizes
from orchestrator.hosts.home import site_values
from orchestrator.plans.switch import hop_to
from orchestrator.tool import TOOL_VERSION
from workflows.convert import ConversionPlan
from workflows.host.database import Formats
from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, GateOptions
from workflows.rules.configuration import effective
from workflows.rules.tuning import Finding, judge, missing_indexes
from workflows.rules.window import parse_window

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.settings import Settings
    from workflows.host.backups import Backup

ATTACHMENT = "attachment.maxSize"


@dataclass(frozen=True)
class Sizes:
    """The tables, biggest first.

    rows: counted, or the server's estimate when not `exact`. since: the backup that `grown` is told against, and its time.
    """

    database: str
    tables: Sequence[TableSize]
    rows: Mapping[str, int]
    exact: bool
    since: tuple[str, datetime] | None = None
    grown: Mapping[str, int] | None = None

    def total(self, part: str) -> int:
        """Bytes of all tables: "data", "index" or "free"."""
        return sum(getattr(table, part) for table in self.tables)


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
    name, tables = table_sizes(settings)
    if not exact:
        return Sizes(name, tables, {table.name: table.rows for table in tables}, exact=False)
    database = RealDatabase(settings)
    try:
        rows = database.row_counts()
    finally:
        database.close()
    last = next((backup for backup in backups if backup.rows), None)
    if last is None:
        return Sizes(name, tables, rows, exact=True)
    then = {table.lower(): count for table, count in last.rows.items()}
    grown = {table: count - then.get(table.lower(), 0) for table, count in rows.items()}
    return Sizes(name, tables, rows, exact=True, since=(last.id, last.created), grown=grown)


@dataclass(frozen=True)
class Tuning:
    """How the server is set. memory: bytes of its host, None when that is not this one. lines: for my.cnf; indexes: SQL."""

    server: Server
    memory: int | None
    findings: Sequence[Finding]
    lines: Sequence[str]
    indexes: Sequence[str]


def tuning(settings: Settings) -> Tuning:
    """Hold the server's settings against the guide; changes nothing."""
    found = server(settings)
    here = memory() if found.here else None
    findings = judge(found.variables, here, _largest_attachment(settings))
    lines = [one.line for one in findings if one.line]
    return Tuning(found, here, findings, lines, missing_indexes(found.indexes))


def _largest_attachment(settings: Settings) -> int | None:
    """attachment.maxSize of the database, else of emm.properties (guide 8.3), where it is a number."""
    configuration = Configuration(settings)
    seen = {one.row.key: one.row.value for one in effective(configuration.rows(), configuration.hostname())}
    value = seen.get(ATTACHMENT) or site_values.read(settings.home / "webapps/emm" / site_values.EMM).get(ATTACHMENT) or ""
    return int(value) if value.isdecimal() else None
