"""The staged trees of a hop, as the stage step left them in the journal."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, Hop, Link, PackageKind, StagedTree
from workflows.model.step import Context


def to_json(tree: StagedTree) -> dict[str, Any]:
    """As it is kept in the facts of the stage step."""
    return {"component": tree.component, "kind": tree.kind, "version": tree.version, "folder": tree.folder, "digest": tree.digest}


def from_json(data: dict[str, Any]) -> StagedTree:
    """The tree again."""
    return StagedTree(Component(data["component"]), PackageKind(data["kind"]), data["version"], data["folder"], data["digest"])


def trees_of(ctx: Context, hop: Hop, kinds: Collection[PackageKind] = tuple(PackageKind)) -> list[StagedTree]:
    """The staged trees of a hop that are of one of these kinds."""
    return [tree for tree in map(from_json, ctx.facts_of("stage").get(hop.prefix, ())) if tree.kind in kinds]


def tree_of(ctx: Context, hop: Hop, kind: PackageKind) -> StagedTree:
    """The staged tree of that kind.

    Raises:
        WorkflowError: "stage-incomplete" when the hop has none, which planning should have refused.
    """
    found = trees_of(ctx, hop, {kind})
    if not found:
        raise WorkflowError(f"{hop.title} has no staged {kind}", key="stage-incomplete")
    return found[0]


def links_to_json(links: Collection[Link]) -> list[list[str | None]]:
    """Links as they are kept in an intent."""
    return [[link.path, link.target] for link in links]


def links_from_json(data: list[list[str]]) -> list[Link]:
    """Links again."""
    return [Link(path, target) for path, target in data]
