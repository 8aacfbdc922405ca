"""Everything that can be done while the application runs: fetch, verify and unpack every package of every hop (DESIGN 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from workflows.host.releases import Artefact
from workflows.model.plans import Hop, PackageKind, PackageRef, StagedTree
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe, StepDefaults
from workflows.model.version import Version
from workflows.rules.backend_python import is_asked, refused, unfit
from workflows.rules.trees import to_json

NOTHING = "none"  # what an installation begins with


def artefacts_of(ctx: Context, hop: Hop) -> list[Artefact]:
    """The fetched packages of a hop."""
    fetched = ctx.facts_of("fetch").get("artefacts", {})
    return [_artefact(fetched[ref.file]) for ref in hop.target.packages if ref.file in fetched]


def _artefact(data: dict[str, Any]) -> Artefact:
    ref = PackageRef(**{**data["ref"], "kind": PackageKind(data["ref"]["kind"])})
    return Artefact(ref, data["path"], data["size"], data["sha256"], data["trust"])


class _BeforeTheStop(StepDefaults):
    """A step before anything is stopped."""

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """Whatever such a step does lies beside what is active."""
        del ctx
        return ("everything that is active: nothing was stopped or changed",)


@dataclass(frozen=True)
class FetchPackages(_BeforeTheStop):
    """Bring every package to this host, with the digest that its source or the ledger names."""

    hops: tuple[Hop, ...]
    name: str = "fetch"
    title: str = "fetch and verify"

    def do(self, ctx: Context) -> Done:
        """Fetch what is not here yet; what is trusted at first use is pinned in the ledger."""
        refs = {ref.file: ref for hop in self.hops for ref in hop.target.packages}
        artefacts: dict[str, Artefact] = {}
        for number, ref in enumerate(refs.values()):
            ctx.pause_point()
            ctx.report(ref.file, number, len(refs))
            pinned = ctx.pinned_digest(ref.file)
            artefacts[ref.file] = ctx.host.releases.fetch(ref, pinned, partial(ctx.report, ref.file))
        trusted = [
            LedgerNote(
                "package-trusted",
                "package",
                to_version=file,
                evidence={"sha256": artefact.sha256, "size": artefact.size, "trust": artefact.trust},
            )
            for file, artefact in artefacts.items()
            if ctx.pinned_digest(file) is None
        ]
        size = sum(artefact.size for artefact in artefacts.values())
        facts = {"artefacts": {file: asdict(artefact) for file, artefact in artefacts.items()}, "bytes": size}
        return Done(f"{len(artefacts)} packages", facts, trusted)


@dataclass(frozen=True)
class StagePackages(_BeforeTheStop):
    """Unpack every package of every hop beside what is active; no link is touched."""

    hops: tuple[Hop, ...]
    name: str = "stage"
    title: str = "stage"

    def prepare(self, ctx: Context) -> Facts:
        """Remember what lay there before, so that undo leaves it."""
        there = [tree.folder for hop in self.hops for a in artefacts_of(ctx, hop) for tree in ctx.host.releases.staged(a) or ()]
        return {"there": there}

    def do(self, ctx: Context) -> Done:
        """Unpack what is not there in full, and see that a backend that will be started can import what it needs.

        Raises:
            RefusedError: "backend-python-unfit", and what unpacking raises.
        """
        facts: dict[str, Any] = {}
        artefacts = [(hop, artefact) for hop in self.hops for artefact in artefacts_of(ctx, hop)]
        for number, (hop, artefact) in enumerate(artefacts):
            ctx.pause_point()
            ctx.report(artefact.ref.file, number, len(artefacts))
            trees = ctx.host.releases.stage(artefact)
            facts.setdefault(hop.prefix, []).extend(to_json(tree) for tree in trees)
            if hop.final or hop.rules.backend_at_start:
                self._ask_backends(ctx, hop, trees)
        return Done(f"{sum(map(len, facts.values()))} trees", facts)

    def _ask_backends(self, ctx: Context, hop: Hop, trees: Sequence[StagedTree]) -> None:
        """Where no mail flows there is nothing to lose: it is only told, but for an installation, which starts it."""
        for tree in trees:
            line = Version.parse(tree.version).line
            if tree.kind is not PackageKind.BACKEND or not is_asked(line):
                continue
            ctx.report(f"the imports of the backend of {tree.version}")
            asked = ctx.host.software.backend_python(tree.folder, line)
            if asked is None or not (failures := unfit(line, asked)):
                continue
            error = refused(tree.version, hop.target.version if hop.source == NOTHING else self.hops[0].source, asked, failures)
            if hop.source == NOTHING or ctx.host.application.state().backend:
                raise error
            ctx.note(error.message, failures=list(failures))

    def probe(self, ctx: Context) -> Probe:
        """Unpacking again leaves complete trees as they are."""
        del ctx
        return Probe.PARTIAL

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Remove the trees that this run made."""
        there = set(ctx.intent.get("there", ()))
        for hop in reversed(self.hops):
            for artefact in artefacts_of(ctx, hop):
                made = [tree for tree in ctx.host.releases.staged(artefact) or () if tree.folder not in there]
                ctx.host.releases.unstage(made)
        return ()
