"""The runtime of a hop: site files carried over, then one link (facts 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from workflows.model.plans import Hop, Link, PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.trees import links_from_json, links_to_json, tree_of
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep


@dataclass(frozen=True)
class InstallRuntime(HopStep):
    """Make the staged runtime the active one; the site's files win over the shipped ones (the salt!)."""

    hop: Hop
    part: ClassVar[str] = "runtime"

    def prepare(self, ctx: Context) -> Facts:
        """The links as they are, and the tree whose site files are carried."""
        wanted = self._wanted(ctx)
        before = ctx.host.home.read_links([link.path for link in wanted])
        return {
            "before": links_to_json(before),
            "wanted": links_to_json(wanted),
            "source": ctx.host.home.active_folder(PackageKind.RUNTIME),
        }

    def do(self, ctx: Context) -> Done:
        """Carry the site files into the new tree, then point the link at it."""
        keep_stopped(ctx)
        target = tree_of(ctx, self.hop, PackageKind.RUNTIME)
        carried = ctx.host.home.carry_site_files(ctx.intent["source"], target.folder) if ctx.intent["source"] else ()
        ctx.host.home.write_links(links_from_json(ctx.intent["wanted"]))
        replaced = sum(file.replaced for file in carried)
        summary = f"{target.version}, {len(carried)} site files kept"
        if replaced:
            summary += f", {replaced} shipped ones left as .new"
        return Done(summary, {"carried": [asdict(file) for file in carried]})

    def probe(self, ctx: Context) -> Probe:
        """Carrying again is safe, so that only the link tells."""
        now = ctx.host.home.read_links([path for path, _ in ctx.intent["wanted"]])
        return Probe.NOT_STARTED if links_to_json(now) == ctx.intent["before"] else Probe.PARTIAL

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Point the link back; the old tree was never touched."""
        ctx.host.home.write_links(links_from_json(ctx.intent["before"]) if ctx.intent else [])
        return ()

    def _wanted(self, ctx: Context) -> Sequence[Link]:
        return ctx.host.home.links_for([tree_of(ctx, self.hop, PackageKind.RUNTIME)])
