"""The end of a move: the version that runs is proven, its database is the one that belongs to it, and the ledger knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflows.model.errors import WorkflowError
from workflows.model.moves import MovePlan, RollbackPlan
from workflows.model.plans import PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, StepDefaults
from workflows.model.version import Version
from workflows.rules.proof import Condition, expectation
from workflows.steps.application.migrate import judge_all, unproven
from workflows.steps.application.start import mark_of, start_if_ended
from workflows.steps.release.record import changes

_NAMED = 6  # versions named in a condition


@dataclass(frozen=True)
class VerifyMove(StepDefaults):
    """The conditions of facts 17.6, and after a restore the version set that was recorded with it."""

    plan: MovePlan

    @property
    def name(self) -> str:
        """Its name in the run."""
        return f"{self.plan.hop.prefix}.verify"

    @property
    def title(self) -> str:
        """What people read."""
        return f"{self.plan.hop.title} verify"

    def do(self, ctx: Context) -> Done:
        """Judge.

        Raises:
            WorkflowError: "move-not-proven" naming every missing condition.
        """
        hop = self.plan.hop
        start_if_ended(ctx, hop, self.plan.start_timeout)
        expected = replace(expectation(ctx, hop, mark_of(ctx, hop)), frontend=self.plan.folder(PackageKind.GUI))
        judged = [*judge_all(ctx, hop, expected), *self._same_versions(ctx)]
        missing = [condition for condition in judged if not condition.holds]
        if missing:
            message = f"cannot prove {hop.target.version}: {missing[0].said}"
            raise unproven(ctx, hop, missing, "move-not-proven", message)
        proof = {condition.key: condition.said for condition in judged}
        note = LedgerNote("hop-proven", "frontend", hop.source, hop.target.version, proof)
        return Done(f"{len(judged)} conditions hold", {"proof": proof}, [note])

    def _same_versions(self, ctx: Context) -> list[Condition]:
        point = self.plan.point if isinstance(self.plan, RollbackPlan) else None
        if point is None:
            return []
        differ = sorted(set(point.versions) ^ ctx.host.database.versions())
        said = f"{len(point.versions)} database versions, as recorded with {point.name}"
        if differ:
            said = f"the database versions differ from those of {point.name}: {', '.join(differ[:_NAMED])}"
        return [Condition("database-version-set", not differ, said, hopeless=bool(differ))]


@dataclass(frozen=True)
class RecordMove(StepDefaults):
    """Write every component's change to the ledger, as the links and files on disk tell it."""

    plan: MovePlan

    @property
    def name(self) -> str:
        """Its name in the run."""
        return f"{self.plan.hop.prefix}.record"

    @property
    def title(self) -> str:
        """What people read."""
        return f"{self.plan.hop.title} record"

    def prepare(self, ctx: Context) -> Facts:
        """What was active at the start."""
        del ctx
        return {"before": dict(self.plan.before)}

    def do(self, ctx: Context) -> Done:
        """Compare with the plan, then record; after a restore with the schema as it now is.

        Raises:
            WorkflowError: "versions-differ" when a component on disk is not the planned one.
        """
        active = {component.value: version for component, version in ctx.host.home.active().items()}
        for tree in self.plan.trees:
            found = active.get(tree.component.value)
            if found is None or not _same(found, tree.version):
                raise WorkflowError(f"{tree.component} on disk is {found}, not {tree.version}", key="versions-differ")
        notes = changes(ctx.intent["before"], active)
        moved = len(notes)
        if isinstance(self.plan, RollbackPlan) and self.plan.point is not None:
            schema = {table: list(columns) for table, columns in ctx.host.database.schema().items()}
            fingerprint = {"tables": schema}
            notes.append(
                LedgerNote("schema-fingerprint", "database", to_version=self.plan.hop.target.version, evidence=fingerprint)
            )
        return Done(f"{moved} component{'' if moved == 1 else 's'}", {"active": active}, notes)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """The ledger is never rewritten: the way back is an entry of its own."""
        now = ctx.facts_of(self.name).get("active")
        return changes(now, ctx.intent["before"]) if now else ()


def _same(one: str, other: str) -> bool:
    return one == other or Version.parse(one) == Version.parse(other)
