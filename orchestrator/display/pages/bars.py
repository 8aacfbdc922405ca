"""A line a component: its versions over time, drawn to scale. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import WIDTH
from orchestrator.display.words import moment
from orchestrator.visible import styled

if TYPE_CHECKING:
    from orchestrator.views.history import Span

LABEL = 11
_ROOM = WIDTH - LABEL
_LEAD = 0.12  # of the room, for what was active since nobody knows when
_FILL = {"run": "─", "observed": "┄", "import": "┄", "before": "┄"}


def lines(spans: Sequence[Span], now: datetime) -> list[str]:
    """The bars and the times at their ends; nothing when no time is known."""
    times = [span.since for span in spans if span.since]
    if not times:
        return []
    begin = min(times)
    page = []
    for name, group in itertools.groupby(spans, key=lambda span: span.component):
        oldest_first = list(group)[::-1]
        page.append(f"{name[: LABEL - 1]:<{LABEL}}" + _bar(oldest_first, begin, now))
    left, right = f"{moment(begin)[:16]}", f"{moment(now)[:16]} UTC"
    lead = round(_LEAD * _ROOM)
    axis = " " * (LABEL + lead) + left
    return [*page, axis + right.rjust(WIDTH - len(axis))]


def _bar(spans: Sequence[Span], begin: datetime, now: datetime) -> str:
    whole = max((now - begin).total_seconds(), 1e-6)

    def column(time: datetime | None) -> int:
        if time is None:
            return 0
        share = max((time - begin).total_seconds(), 0.0) / whole
        return round(_ROOM * (_LEAD + (1 - _LEAD) * min(share, 1.0)))

    edges = [column(span.since) for span in spans] + [column(spans[-1].end or now)]
    for n in range(1, len(edges)):
        edges[n] = max(edges[n], edges[n - 1] + 1)
    edges[-1] = min(edges[-1], _ROOM)
    for n in range(len(edges) - 2, -1, -1):
        edges[n] = min(edges[n], edges[n + 1] - 1)
    text = " " * max(edges[0], 0)
    for span, (left, right) in zip(spans, itertools.pairwise(edges), strict=True):
        text += _segment(span, right - max(left, 0))
    return text


def _segment(span: Span, width: int) -> str:
    if width <= 0:
        return ""
    label = next((name for name in (span.version, span.version[:5]) if len(name) < width), "")
    piece = "│" + label + _FILL[span.origin] * (width - 1 - len(label))
    return styled(piece, fg="green") if span.end is None else piece
