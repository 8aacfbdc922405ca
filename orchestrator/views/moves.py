"""What a rollback would do, and what it would cost, as it is told before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from orchestrator.plans.rollback import Loss
from orchestrator.views.document import Count
from workflows.model.plans import Component

if TYPE_CHECKING:
    from orchestrator.plans.rollback import RollbackView
    from workflows.model.moves import MovePlan, RestorePoint


@dataclass(frozen=True)
class Restore:
    """The database that a rollback puts in place: of a dump, or one that an earlier restore kept."""

    backup: str | None
    kept: str | None
    taken: datetime
    verified: datetime | None
    rows: Count
    versions: Count

    @classmethod
    def of(cls, point: RestorePoint) -> Restore:
        """The restore point as it is told."""
        return cls(point.backup, point.kept, point.taken, point.verified, sum(point.rows.values()), len(point.versions))


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What a rollback would do, and what it would cost."""

    schema: Literal["orchestrate.rollback-plan/1"] = "orchestrate.rollback-plan/1"
    changed: Literal[False] = False
    source: str
    target: str
    components: Mapping[str, str]
    """By component, the version it gets."""
    restore: Restore | None
    without_database: bool
    misses: tuple[str, ...]
    """Tables and table.columns that the older code will miss."""
    unknown: tuple[str, ...]
    """And those it does not know."""
    loss: Loss
    """Written since the restore point, by row count."""
    restore_seconds: float | None
    """As measured in earlier runs; null where none tells."""
    other_seconds: float | None
    """As measured in earlier runs; null where none tells."""

    @classmethod
    def of(cls, view: RollbackView) -> Rollback:
        """The plan as it is told."""
        plan = view.plan
        return cls(
            source=plan.source, target=plan.target, components={name: after for name, _, after in moves(plan)},
            restore=Restore.of(plan.point) if plan.point else None, without_database=plan.without_database, misses=plan.misses,
            unknown=plan.unknown, loss=view.loss, restore_seconds=view.restore_seconds, other_seconds=view.other_seconds,
        )  # fmt: skip


def moves(plan: MovePlan) -> list[tuple[str, str, str]]:
    """Each component that moves, from which version to which."""
    after = {tree.component: tree.version for tree in plan.trees}
    return [
        (component.value, plan.before.get(component.value, "none"), after[component])
        for component in Component
        if component in after
    ]
