"""Which version of what was active when: a fold of the ledger (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from workflows.plan import Component

if TYPE_CHECKING:
    from orchestrator.site import Site
    from state.ledger import Entry

_KINDS = ("component-version", "drift-observed")


@dataclass(frozen=True)
class Span:
    """A version of a component while it was active.

    start: None when it was active before the ledger began, since when is not known. end: None for what is active now. by:
    who made it active. outside: it became active by other means than this tool.
    """

    component: str
    version: str
    start: datetime | None
    end: datetime | None
    by: str | None
    run: str | None
    outside: bool


def timeline(site: Site, component: str | None = None, at: datetime | None = None) -> list[Span]:
    """The spans of a site, by component, newest first.

    Args:
        site: the site.
        component: only this one.
        at: only what was active then; aware.
    """
    spans = fold(entry for entry in site.ledger.entries(component=component) if entry.kind in _KINDS)
    return [span for span in spans if at is None or _covers(span, at)]


def fold(entries: Iterable[Entry]) -> list[Span]:
    """The spans that entries of the ledger, in their order, tell of; by component, newest first."""
    spans: dict[str, list[Span]] = {}
    for entry in entries:
        if entry.component is None:
            continue
        known = spans.setdefault(entry.component, [])
        if not known and entry.from_version:
            known.append(Span(entry.component, entry.from_version, None, None, None, None, outside=True))
        if known and known[-1].end is None:
            known[-1] = replace(known[-1], end=entry.time)
        if entry.to_version:
            outside = entry.kind == "drift-observed"
            by = None if outside else who(entry.actor)
            known.append(Span(entry.component, entry.to_version, entry.time, None, by, entry.run, outside))
    order = [component.value for component in Component]
    names = sorted(spans, key=lambda name: (order.index(name) if name in order else len(order), name))
    return [span for name in names for span in reversed(spans[name])]


def who(actor: object) -> str | None:
    """The name of who acted: the person behind sudo, else the user."""
    if not isinstance(actor, dict):
        return None
    name = actor.get("sudo_user") or actor.get("user") or actor.get("uid")
    return None if name is None else str(name)


def _covers(span: Span, at: datetime) -> bool:
    return (span.start is None or span.start <= at) and (span.end is None or at < span.end)
