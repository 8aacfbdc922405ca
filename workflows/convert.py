"""The conversion of tables from format Compact to Dynamic, before an update of MariaDB (guide 7.6, facts 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workflows.model.plans import GateOptions, Hop
from workflows.model.step import Step
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.stop import StopApplication
from workflows.steps.database.backup import BackUpDatabase
from workflows.steps.database.convert import ConvertTables, ProveFormats


@dataclass(frozen=True, kw_only=True)
class ConversionPlan:
    """A conversion, decided before it starts. source and target are the release that runs. hop: names the steps.

    tables: how many were Compact. starts: the application ran, and is started again.
    """

    source: str
    target: str
    hop: Hop
    tables: int
    starts: bool
    gate: GateOptions = field(default_factory=GateOptions)
    start_timeout: float = 120.0  # seconds
    migrate_timeout: float = 600.0  # seconds
    tool_version: str = ""


def steps(plan: ConversionPlan) -> Iterator[Step]:
    """The steps, in order. What undo puts back is the restore point, taken behind the stop."""
    yield WaitForDispatch(plan.hop, plan.gate)
    yield StopApplication(plan.hop)
    yield BackUpDatabase(plan.hop)
    yield ConvertTables(plan.hop)
    yield ProveFormats(plan.hop)
    if plan.starts:
        yield StartFrontend(plan.hop, plan.start_timeout)
        yield ProveMigrations(plan.hop, plan.start_timeout, plan.migrate_timeout)
    yield StartBackend(plan.hop)
