"""The links that make installed trees the active ones: every link, or none; a runtime with the site's files (facts 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workflows.model.errors import WorkflowError
from workflows.model.moves import MovePlan
from workflows.model.plans import PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe, StepDefaults
from workflows.rules.trees import links_from_json, links_to_json
from workflows.steps.application.stop import keep_stopped


@dataclass(frozen=True)
class Relink(StepDefaults):
    """Point the links of every component that moves at its tree, all together.

    What the runtime's tree held of site files is kept for undo, outside of the home, until the run is forgotten.
    """

    plan: MovePlan
    restarts: bool = True  # the application is stopped meanwhile

    @property
    def name(self) -> str:
        """Its name in the run."""
        return f"{self.plan.hop.prefix}.links"

    @property
    def title(self) -> str:
        """What people read."""
        return f"{self.plan.hop.title} links"

    def prepare(self, ctx: Context) -> Facts:
        """The links as they are and as they shall be, and the runtime whose site files are carried."""
        home = ctx.host.home
        wanted = [*home.links_for(self.plan.trees), *self.plan.links]
        before = home.read_links([link.path for link in wanted])
        source = home.active_folder(PackageKind.RUNTIME)
        target = self.plan.folder(PackageKind.RUNTIME)
        carry = bool(source and target and source != target)
        return {"before": links_to_json(before), "wanted": links_to_json(wanted), "source": source if carry else None}

    def probe(self, ctx: Context) -> Probe:
        """By the links themselves; a carry is made again."""
        now = links_to_json(ctx.host.home.read_links([path for path, _ in ctx.intent["wanted"]]))
        if now == ctx.intent["wanted"] and not ctx.intent["source"]:
            return Probe.COMPLETE
        return Probe.PARTIAL

    def do(self, ctx: Context) -> Done:
        """Carry the site files, then point all; when one cannot be pointed, all are put back before the error goes on.

        Raises:
            WorkflowError: "release-incomplete" when a tree is no longer there in full.
        """
        home = ctx.host.home
        require_complete(ctx, self.plan)
        if self.restarts:
            keep_stopped(ctx)
        replaced = 0
        if source := ctx.intent["source"]:
            target = self.plan.folder(PackageKind.RUNTIME) or source
            home.keep_site_files(target, ctx.run)
            replaced = sum(file.replaced for file in home.carry_site_files(source, target))
        try:
            home.write_links(links_from_json(ctx.intent["wanted"]))
        except Exception:
            home.write_links(links_from_json(ctx.intent["before"]))
            raise
        more = f", site files kept, {replaced} shipped ones are .new" if source else ""
        return Done(f"{len(ctx.intent['wanted'])} links{more}")

    def observed(self, ctx: Context) -> Done:
        """How many."""
        return Done(f"{len(ctx.intent['wanted'])} links")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Point them back, and give the runtime's tree its own files again."""
        if not ctx.intent:
            return ()
        ctx.host.home.write_links(links_from_json(ctx.intent["before"]))
        if ctx.intent["source"] and (target := self.plan.folder(PackageKind.RUNTIME)):
            ctx.host.home.put_back_site_files(target, ctx.run)
            ctx.host.home.forget_site_files(ctx.run)
        return ()


def require_complete(ctx: Context, plan: MovePlan) -> None:
    """See that every tree of the plan is still there.

    Raises:
        WorkflowError: "release-incomplete".
    """
    there = {(one.tree.kind, one.tree.folder): one.missing for one in ctx.host.home.installed()}
    for tree in plan.trees:
        missing = there.get((tree.kind, tree.folder), (tree.folder,))
        if missing:
            raise WorkflowError(
                f"{tree.kind} {tree.version} is not there in full: {', '.join(missing)} is missing in {tree.folder}",
                key="release-incomplete", unharmed=["the links"],
            )  # fmt: skip
