"""The links that make a release the active one: every link, or none (facts 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.model.plans import Hop, PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.trees import links_from_json, links_to_json, trees_of
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep

KINDS = frozenset(PackageKind) - {PackageKind.RUNTIME, PackageKind.COMPLETE}


@dataclass(frozen=True)
class ActivateRelease(HopStep):
    """Point the links of frontend, backend and manual at the staged release."""

    hop: Hop
    part: ClassVar[str] = "links"

    def prepare(self, ctx: Context) -> Facts:
        """The links as they are and as they shall be: `previous` of the backend follows from what is active now."""
        wanted = ctx.host.home.links_for(trees_of(ctx, self.hop, KINDS))
        before = ctx.host.home.read_links([link.path for link in wanted])
        return {"before": links_to_json(before), "wanted": links_to_json(wanted)}

    def probe(self, ctx: Context) -> Probe:
        """By the links themselves."""
        now = links_to_json(ctx.host.home.read_links([path for path, _ in ctx.intent["wanted"]]))
        if now == ctx.intent["wanted"]:
            return Probe.COMPLETE
        return Probe.NOT_STARTED if now == ctx.intent["before"] else Probe.PARTIAL

    def do(self, ctx: Context) -> Done:
        """Point all; when one cannot be pointed, all are put back before the error goes on."""
        keep_stopped(ctx)
        try:
            ctx.host.home.write_links(links_from_json(ctx.intent["wanted"]))
        except Exception:
            ctx.host.home.write_links(links_from_json(ctx.intent["before"]))
            raise
        return self.observed(ctx)

    def observed(self, ctx: Context) -> Done:
        """How many."""
        return Done(f"{len(ctx.intent['wanted'])} links")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Point them back."""
        ctx.host.home.write_links(links_from_json(ctx.intent["before"]) if ctx.intent else [])
        return ()
