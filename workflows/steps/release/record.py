"""What the ledger keeps of a hop, and the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.model.errors import WorkflowError
from workflows.model.parts import RECORD
from workflows.model.plans import Component, Hop, StagedTree
from workflows.model.step import Context, Done, Facts, LedgerNote, StepDefaults
from workflows.model.version import Version
from workflows.rules.loss import of_people
from workflows.rules.trees import trees_of
from workflows.steps.hop import HopStep


@dataclass(frozen=True)
class RecordVersions(HopStep):
    """Write every component's change to the ledger, as the links and files on disk tell it.

    Attributes:
        hop: it names the step.
        before: component -> version at the start of the run.
        trees: what became active; None: what was staged for the hop.
        database: it was changed, too, and its schema is recorded as it now is.
    """

    hop: Hop
    before: Mapping[str, str]
    trees: tuple[StagedTree, ...] | None = None
    database: bool = True
    part: ClassVar[str] = RECORD

    def prepare(self, ctx: Context) -> Facts:
        """What was active before the hop: after the hop before it, or at the start of the run."""
        earlier = ctx.facts_of(f"hop{self.hop.number - 1}.record").get("active")
        return {"before": dict(earlier or self.before)}

    def do(self, ctx: Context) -> Done:
        """Compare with the plan, then record.

        Raises:
            WorkflowError: "versions-differ" when a component on disk is not the planned one.
        """
        active = {component.value: version for component, version in ctx.host.home.active().items()}
        for tree in trees_of(ctx, self.hop) if self.trees is None else self.trees:
            found = active.get(tree.component.value)
            if found is None or not _same(found, tree.version):
                raise WorkflowError(f"{tree.component} on disk is {found}, not {tree.version}", key="versions-differ")
        notes = changes(ctx.intent["before"], active)
        done = f"{len(notes)} component{'' if len(notes) == 1 else 's'}"
        if not self.database:
            return Done(done, {"active": active}, notes)
        schema = {table: list(columns) for table, columns in ctx.host.database.schema().items()}
        evidence = {"tables": schema}
        notes.append(LedgerNote("schema-fingerprint", "database", to_version=self.hop.target.version, evidence=evidence))
        return Done(done, {"active": active, "database_versions": len(ctx.host.database.versions())}, notes)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """The ledger is never rewritten: the way back is an entry of its own."""
        now = ctx.facts_of(self.name).get("active")
        return changes(now, ctx.intent["before"]) if now else ()


def _same(one: str, other: str) -> bool:
    return one == other or Version.parse(one) == Version.parse(other)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[LedgerNote]:
    """The entries for every component whose version differs."""
    return [
        LedgerNote("component-version", component.value, before.get(component.value), after.get(component.value))
        for component in Component
        if before.get(component.value) != after.get(component.value)
    ]


@dataclass(frozen=True)
class MarkGood(StepDefaults):
    """The run is good: what undo would need is no longer promised; going back is `orchestrate rollback` from now on."""

    name: str = "mark-good"
    title: str = "mark good"

    def do(self, ctx: Context) -> Done:
        """Nothing is removed: the dumps stay as restore points. What a rollback would lose is counted from here on."""
        database = ctx.host.database
        try:
            left = dict(database.row_counts(except_for=of_people(database.schema())))
        except WorkflowError as error:
            ctx.note("the rows that the upgrade left could not be counted", why=error.message)
            left = {}
        return Done("restore points are kept", {"rows": left})
