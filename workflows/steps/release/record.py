"""What the ledger keeps of a hop, and the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, Hop
from workflows.model.step import Context, Done, Facts, LedgerNote, StepDefaults
from workflows.model.version import Version
from workflows.rules.loss import of_people
from workflows.rules.trees import trees_of
from workflows.steps.hop import HopStep


@dataclass(frozen=True)
class RecordHop(HopStep):
    """Write every component's change to the ledger, as the links and files on disk tell it, with the schema as it now is."""

    hop: Hop
    before: Mapping[str, str]
    part: ClassVar[str] = "record"

    def prepare(self, ctx: Context) -> Facts:
        """What was active before the hop: after the hop before it, or at the start of the run."""
        earlier = ctx.facts_of(f"hop{self.hop.number - 1}.record").get("active")
        return {"before": dict(earlier or self.before)}

    def do(self, ctx: Context) -> Done:
        """Compare with what was staged, then record.

        Raises:
            WorkflowError: "versions-differ" when a component on disk is not the staged one.
        """
        active = {component.value: version for component, version in ctx.host.home.active().items()}
        for tree in trees_of(ctx, self.hop):
            found = active.get(tree.component.value)
            if found is None or Version.parse(found) != Version.parse(tree.version):
                raise WorkflowError(f"{tree.component} on disk is {found}, not the staged {tree.version}", key="versions-differ")
        versions = sorted(ctx.host.database.versions())
        notes = changes(ctx.intent["before"], active)
        schema = {table: list(columns) for table, columns in ctx.host.database.schema().items()}
        notes.append(
            LedgerNote("schema-fingerprint", "database", to_version=self.hop.target.version, evidence={"tables": schema})
        )
        return Done(f"{len(notes) - 1} components", {"active": active, "database_versions": len(versions)}, notes)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """The ledger is never rewritten: the way back is an entry of its own."""
        now = ctx.facts_of(self.name).get("active")
        return changes(now, ctx.intent["before"]) if now else ()


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
