"""The versions of each component over time, as one SVG without a script; its text keeps its size at any width."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.display.pages.history import what
from orchestrator.display.words import duration, moment
from orchestrator.report.markup import Html, el
from orchestrator.views.history import History, Origin, Span

ROW, BAR = 54, 26  # pixels
LEAD = 9.0  # per cent of the width, for what was active since nobody knows when
TICKS = 3
_TEXT = {
    "run": "by run",
    "observed": "changed by hand",
    "import": "as outside evidence says",
    "before": "before the ledger began",
}


@dataclass(frozen=True)
class _Scale:
    begin: datetime
    end: datetime

    def at(self, time: datetime | None) -> float:
        """Per cent from the left."""
        if time is None:
            return 0.0
        share = (time - self.begin) / max(self.end - self.begin, timedelta(microseconds=1))
        return LEAD + (100 - LEAD) * min(max(share, 0.0), 1.0)


def drawing(history: History, now: datetime) -> Html | None:
    """The SVG; None when no time is known."""
    times = [span.since for span in history.spans if span.since] + [run.began for run in history.runs]
    if not times:
        return None
    scale = _Scale(min(times), now)
    rows: list[Html] = []
    top = 0
    for name, group in itertools.groupby(history.spans, key=lambda span: span.component):
        rows.append(el("text", name, x="0", y=str(top + 14), class_="name"))
        rows += _bars(list(group)[::-1], scale, top + 20)
        top += ROW
    rows.append(el("text", "runs", x="0", y=str(top + 14), class_="name"))
    rows += [_run(run.outcome, f"{run.id}: {what(run)}, {run.outcome}", scale.at(run.began), top + 30) for run in history.runs]
    rows += _axis(scale, top + ROW - 4)
    height = top + ROW + 24
    title = el("title", f"Versions of each component from {moment(scale.begin)} to {moment(now)} UTC")
    return el("svg", title, *rows, width="100%", height=str(height), role="img", class_="timeline")


def _bars(spans: Sequence[Span], scale: _Scale, top: int) -> list[Html]:
    lefts = [scale.at(span.since) for span in spans]
    rights = [scale.at(span.end or scale.end) for span in spans]
    return [
        _bar(span, number, left, max(right - left, 0.0), top)
        for number, (span, left, right) in enumerate(zip(spans, lefts, rights, strict=True))
    ]


def _bar(span: Span, number: int, left: float, width: float, top: int) -> Html:
    since = f"{moment(span.since)} UTC" if span.since else "not known"
    until = f"{moment(span.end)} UTC" if span.end else "now"
    kind = f"{span.origin} {'odd' if number % 2 else 'even'}{' now' if span.end is None and span.origin is Origin.RUN else ''}"
    return el(
        "svg",
        el("title", f"{span.component} {span.version}, {since} to {until}, {_TEXT[span.origin]}"),
        el("rect", width="100%", height="100%", class_=kind),
        el("rect", width="2", height="100%", class_="edge"),
        el("text", span.version, x="7", y="17", class_=f"version {kind}"),
        x=f"{left:.3f}%", y=str(top), width=f"{width:.3f}%", height=str(BAR), class_="span",
    )  # fmt: skip


def _run(outcome: str, said: str, at: float, y: int) -> Html:
    return el("circle", el("title", said), cx=f"{at:.3f}%", cy=str(y), r="5", class_=f"dot {outcome}")


def _axis(scale: _Scale, y: int) -> list[Html]:
    whole = scale.end - scale.begin
    pattern = "%Y-%m-%d" if whole > timedelta(days=3) else "%m-%d %H:%M" if whole > timedelta(minutes=5) else "%H:%M:%S"
    marks = [el("line", x1=f"{LEAD}%", x2="100%", y1=str(y), y2=str(y), class_="axis")]
    for n in range(TICKS):
        at = scale.begin + whole * n / (TICKS - 1)
        x = f"{scale.at(at):.3f}%"
        anchor = "start" if n == 0 else "end" if n == TICKS - 1 else "middle"
        marks.append(el("line", x1=x, x2=x, y1=str(y - 4), y2=str(y + 4), class_="axis"))
        marks.append(el("text", at.astimezone(UTC).strftime(pattern), x=x, y=str(y + 20), text_anchor=anchor, class_="tick"))
    return marks


def took(span: Span, now: datetime) -> str:
    """How long a span lasted, in words."""
    seconds = span.lasted(now)
    return "not known" if seconds is None else duration(seconds)
