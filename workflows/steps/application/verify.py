"""The proof of what runs now, once more and together, before the run goes on (facts 17.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from workflows.model.moves import MovePlan, RollbackPlan
from workflows.model.parts import VERIFY
from workflows.model.plans import Hop, PackageKind
from workflows.model.step import Context, Done, LedgerNote
from workflows.rules.proof import Condition, Expectation, expectation
from workflows.steps.application.migrate import judge_all, unproven
from workflows.steps.application.start import mark_of, start_if_ended
from workflows.steps.hop import HopStep

_NAMED = 6  # versions named in a condition


@dataclass(frozen=True)
class VerifyHop(HopStep):
    """All nine points of facts 17.6, once more and together; the next hop does not start otherwise."""

    hop: Hop
    start_timeout: float
    part: ClassVar[str] = VERIFY
    unproven: ClassVar[str] = "hop-not-proven"

    def do(self, ctx: Context) -> Done:
        """Judge.

        Raises:
            WorkflowError: "hop-not-proven", of a move "move-not-proven", naming every missing condition.
        """
        start_if_ended(ctx, self.hop, self.start_timeout)
        expected = self.expected(ctx, expectation(ctx, self.hop, mark_of(ctx, self.hop)))
        judged = [*judge_all(ctx, self.hop, expected), *self.more(ctx)]
        missing = [condition for condition in judged if not condition.holds]
        if missing:
            raise unproven(ctx, self.hop, missing, self.unproven, f"cannot prove {self.hop.target.version}: {missing[0].said}")
        proof = {condition.key: condition.said for condition in judged}
        note = LedgerNote("hop-proven", "frontend", self.hop.source, self.hop.target.version, proof)
        return Done(f"{len(judged)} conditions hold", {"proof": proof}, [note])

    def expected(self, ctx: Context, expected: Expectation) -> Expectation:
        """Of what was staged for the hop."""
        del ctx
        return expected

    def more(self, ctx: Context) -> Sequence[Condition]:
        """Beside the nine."""
        del ctx
        return ()


@dataclass(frozen=True)
class VerifyMove(VerifyHop):
    """The conditions of facts 17.6, and after a restore the version set that was recorded with it."""

    plan: MovePlan
    unproven: ClassVar[str] = "move-not-proven"

    def expected(self, ctx: Context, expected: Expectation) -> Expectation:
        """The frontend is that of the plan."""
        del ctx
        return replace(expected, frontend=self.plan.folder(PackageKind.GUI))

    def more(self, ctx: Context) -> Sequence[Condition]:
        """The database is the one that belongs to it."""
        point = self.plan.point if isinstance(self.plan, RollbackPlan) else None
        if point is None:
            return ()
        differ = sorted(set(point.versions) ^ ctx.host.database.versions())
        said = f"{len(point.versions)} database versions, as recorded with {point.name}"
        if differ:
            said = f"the database versions differ from those of {point.name}: {', '.join(differ[:_NAMED])}"
        return (Condition("database-version-set", not differ, said, hopeless=bool(differ)),)
