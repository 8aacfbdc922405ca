"""The links that make a release the active one: every link, or none (facts 1.3); a runtime with the site's files (facts 1.4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from workflows.host.home import CarriedFile
from workflows.model.errors import WorkflowError
from workflows.model.parts import LINKS
from workflows.model.plans import Hop, Link, PackageKind, StagedTree
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.trees import links_from_json, links_to_json, tree_of, trees_of
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep


@dataclass(frozen=True)
class ActivateRelease(HopStep):
    """Point the links of all that becomes active, together.

    Attributes:
        hop: it names the step.
        trees: None: those of `kinds` that were staged for the hop; else they lay on the host before, and what a runtime's tree
            held of site files is kept for undo, outside of the home, until the run is forgotten.
        links: further ones, for opt/tomcat.
        restarts: the application is stopped meanwhile.
    """

    hop: Hop
    trees: tuple[StagedTree, ...] | None = None
    links: tuple[Link, ...] = ()
    restarts: bool = True
    part: ClassVar[str] = LINKS
    kinds: ClassVar[Collection[PackageKind]] = frozenset(PackageKind) - {PackageKind.RUNTIME, PackageKind.COMPLETE}

    def prepare(self, ctx: Context) -> Facts:
        """The links as they are and as they shall be, and the runtime whose site files are carried.

        The backend's `previous` follows from what is active now.
        """
        home = ctx.host.home
        wanted = [*home.links_for(self._trees(ctx)), *self.links]
        before = home.read_links([link.path for link in wanted])
        source, target = home.active_folder(PackageKind.RUNTIME), self._runtime(ctx)
        carry = target is not None and source != target.folder
        return {"before": links_to_json(before), "wanted": links_to_json(wanted), "source": source if carry else None}

    def probe(self, ctx: Context) -> Probe:
        """By the links themselves; site files are carried again."""
        now = links_to_json(ctx.host.home.read_links([path for path, _ in ctx.intent["wanted"]]))
        if now == ctx.intent["before"]:
            return Probe.NOT_STARTED
        return Probe.COMPLETE if now == ctx.intent["wanted"] and not ctx.intent.get("source") else Probe.PARTIAL

    def do(self, ctx: Context) -> Done:
        """Carry the site files, which win over the shipped ones (the salt!), then point all.

        When one link cannot be pointed, all are put back before the error goes on.

        Raises:
            WorkflowError: "release-incomplete" when a tree is no longer there in full.
        """
        self._require_complete(ctx)
        if self.restarts:
            keep_stopped(ctx)
        carried = self._carry(ctx)
        try:
            ctx.host.home.write_links(links_from_json(ctx.intent["wanted"]))
        except Exception:
            ctx.host.home.write_links(links_from_json(ctx.intent["before"]))
            raise
        return self.told(ctx, carried)

    def told(self, ctx: Context, carried: Sequence[CarriedFile] | None) -> Done:
        """What was done; carried: None where there was no runtime to carry site files to."""
        links = f"{len(ctx.intent['wanted'])} links"
        if carried is None:
            return Done(links)
        return Done(f"{links}, site files kept, {sum(file.replaced for file in carried)} shipped ones are .new")

    def observed(self, ctx: Context) -> Done:
        """As after `do`."""
        return self.told(ctx, None)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Point them back; a runtime's tree that lay on the host before gets its own files again."""
        if not ctx.intent:
            return ()
        ctx.host.home.write_links(links_from_json(ctx.intent["before"]))
        target = self._runtime(ctx)
        if self.trees is not None and ctx.intent.get("source") and target:
            ctx.host.home.put_back_site_files(target.folder, ctx.run)
            ctx.host.home.forget_site_files(ctx.run)
        return ()

    def _trees(self, ctx: Context) -> Sequence[StagedTree]:
        return trees_of(ctx, self.hop, self.kinds) if self.trees is None else self.trees

    def _runtime(self, ctx: Context) -> StagedTree | None:
        return next((tree for tree in self._trees(ctx) if tree.kind is PackageKind.RUNTIME), None)

    def _require_complete(self, ctx: Context) -> None:
        there = {(one.tree.kind, one.tree.folder): one.missing for one in ctx.host.home.installed()} if self.trees else {}
        for tree in self.trees or ():
            if missing := there.get((tree.kind, tree.folder), (tree.folder,)):
                raise WorkflowError(
                    f"{tree.kind} {tree.version} is not there in full: {', '.join(missing)} is missing in {tree.folder}",
                    key="release-incomplete", unharmed=["the links"],
                )  # fmt: skip

    def _carry(self, ctx: Context) -> Sequence[CarriedFile] | None:
        source, target = ctx.intent.get("source"), self._runtime(ctx)
        if not source or target is None:
            return None
        if self.trees is not None:
            ctx.host.home.keep_site_files(target.folder, ctx.run)
        return ctx.host.home.carry_site_files(source, target.folder)


@dataclass(frozen=True)
class InstallRuntime(ActivateRelease):
    """Make the staged runtime the active one; the site's files win over the shipped ones (the salt!)."""

    part: ClassVar[str] = "runtime"
    kinds: ClassVar[Collection[PackageKind]] = frozenset({PackageKind.RUNTIME})

    def told(self, ctx: Context, carried: Sequence[CarriedFile] | None) -> Done:
        """Its version, and each file."""
        files = carried or ()
        replaced = sum(file.replaced for file in files)
        more = f", {replaced} shipped ones left as .new" if replaced else ""
        version = tree_of(ctx, self.hop, PackageKind.RUNTIME).version
        return Done(f"{version}, {len(files)} site files kept{more}", {"carried": [asdict(file) for file in files]})
