"""Which version of what was active when, and what every run did: a fold of the ledger (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from orchestrator.upkeep.importing import OUTSIDE
from orchestrator.views.document import Says
from state.chain import Head
from workflows.model.plans import Component

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.ledger import Entry

STARTED = "application-started"
RUN_STATES = {
    "run-started": "running",
    "run-resumed": "running",
    "run-paused": "paused",
    "run-failed": "failed",
    "run-undone": "undone",
    "run-completed": "completed",
}
CHANGES = ("component-version", "drift-observed")
KINDS = (*CHANGES, STARTED, OUTSIDE, *RUN_STATES)
_STARTED_WITH = {"runtime": "frontend"}  # what starts with what


Outcome = Annotated[str, Says(enum=list(dict.fromkeys(RUN_STATES.values())))]


class Origin(StrEnum):
    """How a version became active, as far as the ledger can tell."""

    RUN = "run"  # by a run of this tool
    OBSERVED = "observed"  # somebody changed it by hand; the tool saw it
    IMPORT = "import"  # outside evidence: the application's own tables say so
    BEFORE = "before"  # it was active when the ledger began; since when is not known


@dataclass(frozen=True, kw_only=True)
class Span:
    """A version of a component while it was active."""

    component: str
    version: str
    before: str | None = None
    """The version it followed; null when not known."""
    start: datetime | None = None
    """Since when the ledger says it was active; null: since before the ledger began."""
    started: datetime | None = None
    """When the application started with it, as exactly as is known; null when not known."""
    end: datetime | None = None
    """Null: active now, or at the time asked for."""
    seconds: float | None = None
    """How long it ran, or runs so far; null when not known."""
    by: str | None = None
    """Of the run that made it active, as are reason and outcome."""
    reason: str | None = None
    run: str | None = None
    outcome: str | None = None
    """How that run stands: running, paused, failed, undone, completed."""
    origin: Origin
    """run: by this tool; observed: changed by hand; import: outside evidence; before: active when the ledger began."""

    @property
    def since(self) -> datetime | None:
        """The best that is known of when it began."""
        return self.started or self.start

    def lasted(self, now: datetime) -> float | None:
        """How many seconds it ran, or runs so far."""
        return None if self.since is None else ((self.end or now) - self.since).total_seconds()


@dataclass(frozen=True, kw_only=True)
class RunAccount:
    """A run as the ledger tells it."""

    id: str
    workflow: str
    source: str | None = None
    target: str | None = None
    began: datetime
    ended: datetime | None = None
    """Null while it runs."""
    by: str | None
    reason: str | None
    outcome: Outcome = "running"
    step: str | None = None
    """Of its last failure."""
    key: str | None = None
    """Of its last failure."""


@dataclass(frozen=True, kw_only=True)
class History:
    """Which version of what was active when: spans by component, newest first; runs, newest first; where the ledger ends."""

    schema: Literal["orchestrate.history/1"] = "orchestrate.history/1"
    at: datetime | None = None
    """The time that was asked for."""
    spans: Sequence[Span] = ()
    runs: Sequence[RunAccount] = ()
    head: Head | None = None


def timeline(site: Site, component: str | None = None, since: datetime | None = None) -> History:
    """The history of a site.

    Args:
        site: the site.
        component: only this one.
        since: only what was active, or was tried, at that time or later; aware.
    """
    history = fold(site.ledger.entries(kind=KINDS))
    plans = {run.id: run.plan for run in site.store.journal.runs(site.key)}
    spans = [span for span in history.spans if component in {None, span.component} and _lasts_until(span.end, since)]
    runs = [_completed(run, plans) for run in history.runs if _lasts_until(run.ended, since)]
    return History(spans=_timed(spans), runs=runs, head=site.ledger.head())


def moment(site: Site, at: datetime, component: str | None = None) -> History:
    """What was active at a time; asks the ledger's indexes and never reads all of it."""
    known = site.ledger.active_at(at)
    runs: dict[str | None, History] = {e.run: fold(site.ledger.entries(run=e.run)) for e in known.values() if e.run}
    names = [component] if component else [*(c.value for c in Component), *known]
    spans = []
    for name in dict.fromkeys(names):
        outside = list(site.ledger.entries(kind=OUTSIDE, component=name))
        if name in known:
            until = [e for e in outside if (startup := _startup(e)) and startup <= at]
            latest = max(until, key=lambda e: _startup(e) or at, default=None)
            span = _held_against(_from_entry(known[name], runs), latest)
        else:
            span = _before_the_ledger(site, name, outside, at)
        if span is not None:
            spans.append(span)
    shown = {span.run for span in spans}
    of_them = [run for history in runs.values() for run in history.runs if run.id in shown]
    return History(at=at, spans=_timed(spans), runs=of_them, head=site.ledger.head())


def fold(entries: Iterable[Entry]) -> History:
    """What entries of the ledger, in their order, tell of."""
    folder = _Folder()
    for entry in entries:
        folder.take(entry)
    return folder.history()


def who(actor: object) -> str | None:
    """The name of who acted: the person behind sudo, else the user."""
    if not isinstance(actor, Mapping):
        return None
    name = actor.get("sudo_user") or actor.get("user") or actor.get("uid")
    return None if name is None else str(name)


@dataclass
class _Folder:
    """Takes entries in their order."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    runs: dict[str, RunAccount] = field(default_factory=dict)
    starts: dict[tuple[str | None, str], datetime] = field(default_factory=dict)
    outside: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        if entry.kind in RUN_STATES:
            self._run(entry)
        elif entry.component is None or not (entry.from_version or entry.to_version):
            return
        elif entry.kind == STARTED:
            self.starts[entry.run, entry.component] = entry.time
        elif entry.kind == OUTSIDE:
            if (startup := _startup(entry)) and entry.to_version:
                self.outside.setdefault(entry.component, []).append((startup, entry.to_version))
        elif entry.kind in CHANGES:
            self._change(entry, entry.component)

    def _run(self, entry: Entry) -> None:
        if entry.run is None:
            return
        account = self.runs.get(entry.run) or _account(entry)
        failure = entry.evidence if entry.kind == "run-failed" else {}
        over = RUN_STATES[entry.kind] != "running"
        self.runs[entry.run] = replace(
            account, outcome=RUN_STATES[entry.kind], ended=entry.time if over else None,
            step=failure.get("step", account.step), key=failure.get("key", account.key),
        )  # fmt: skip

    def _change(self, entry: Entry, name: str) -> None:
        known = self.spans.setdefault(name, [])
        if not known and entry.from_version:
            known.append(Span(component=name, version=entry.from_version, origin=Origin.BEFORE))
        if known and known[-1].end is None:
            known[-1] = replace(known[-1], end=entry.time)
        started = self.starts.pop((entry.run, name), None) or self.starts.get((entry.run, _STARTED_WITH.get(name, "")))
        if entry.to_version:
            known.append(_span(entry, entry.to_version, started))

    def history(self) -> History:
        order = [component.value for component in Component]
        names = {*self.spans, *(name for name in self.outside if name in order)}
        spans: list[Span] = []
        for name in sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name)):
            merged = _with_outside(name, self.spans.get(name, []), sorted(self.outside.get(name, [])), self.runs)
            spans += [replace(s, outcome=self.runs[s.run].outcome if s.run in self.runs else None) for s in reversed(merged)]
        return History(spans=spans, runs=list(reversed(self.runs.values())))


def _account(entry: Entry) -> RunAccount:
    said = entry.evidence
    return RunAccount(
        id=entry.run or "", workflow=str(said.get("workflow", "run")), began=entry.time, by=who(entry.actor),
        reason=entry.actor.get("reason"), source=said.get("source"), target=said.get("target"),
    )  # fmt: skip


def _span(entry: Entry, version: str, started: datetime | None = None) -> Span:
    observed = entry.kind == "drift-observed"
    return Span(
        component=entry.component or "", version=version, before=entry.from_version, start=entry.time, started=started,
        by=None if observed else who(entry.actor), reason=entry.actor.get("reason"), run=entry.run,
        origin=Origin.OBSERVED if observed else Origin.RUN,
    )  # fmt: skip


def _outside(component: str, version: str, at: datetime) -> Span:
    return Span(component=component, version=version, start=at, started=at, origin=Origin.IMPORT)


def _with_outside(
    name: str, spans: Sequence[Span], starts: Sequence[tuple[datetime, str]], runs: Mapping[str, RunAccount]
) -> list[Span]:
    """The spans and what outside evidence adds: an exact start-up where it agrees, a span of its own where it does not."""
    merged = list(spans)
    for at, version in starts:
        agreeing = next((n for n, span in enumerate(merged) if _agrees(span, at, version, runs)), None)
        if agreeing is None:
            place = next((n for n, span in enumerate(merged) if (from_ := span.start or span.end) and from_ > at), len(merged))
            merged.insert(place, _outside(name, version, at))
        elif (span := merged[agreeing]).started is None:
            known = span.start is not None
            merged[agreeing] = replace(span, started=at, start=span.start or at, origin=span.origin if known else Origin.IMPORT)
    chained = [replace(one, end=_earlier(one.end, other.start or other.end)) for one, other in pairwise(merged)]
    chained += merged[-1:]
    befores = [None, *(span.version for span in chained)]
    return [replace(span, before=span.before or before) for span, before in zip(chained, befores, strict=False)]


def _timed(spans: Sequence[Span]) -> list[Span]:
    """The spans, with how long each of them ran until now."""
    now = datetime.now(UTC)
    return [replace(span, seconds=span.lasted(now)) for span in spans]


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((time for time in (one, other) if time), default=None)


def _agrees(span: Span, at: datetime, version: str, runs: Mapping[str, RunAccount]) -> bool:
    """Whether the application may have said this version of itself while, or shortly before, the span says it was active."""
    run = runs.get(span.run) if span.run else None
    began = run.began if run else span.start
    return span.version == version and (began is None or began <= at) and (span.end is None or at < span.end)


def _from_entry(entry: Entry, runs: Mapping[str | None, History]) -> Span | None:
    if entry.to_version is None:
        return None
    spans = [s for s in runs.get(entry.run, History()).spans if s.component == entry.component and s.start == entry.time]
    return replace(spans[0], end=None) if spans else _span(entry, entry.to_version)


def _before_the_ledger(site: Site, name: str, outside: Sequence[Entry], at: datetime) -> Span | None:
    """What was active when the ledger did not yet tell, by its first change and by outside evidence."""
    firsts = [next(iter(site.ledger.entries(kind=kind, component=name)), None) for kind in CHANGES]
    first = min((entry for entry in firsts if entry), key=lambda entry: entry.seq, default=None)
    spans = fold([*([first] if first else []), *outside]).spans
    covering = (s for s in spans if s.component == name and (s.since is None or s.since <= at) and (s.end is None or at < s.end))
    return next((replace(span, end=None) for span in covering), None)


def _held_against(span: Span | None, outside: Entry | None) -> Span | None:
    """The span, or what outside evidence says where the ledger knows less, or knows only something older."""
    startup = _startup(outside) if outside else None
    if outside is None or startup is None or outside.to_version is None:
        return span
    if span is not None and span.version == outside.to_version:
        return replace(span, started=span.started or startup, start=span.start or startup)
    if span is None or span.start is None or span.start < startup:
        return _outside(outside.component or "", outside.to_version, startup)
    return span


def _startup(entry: Entry) -> datetime | None:
    text = entry.evidence.get("startup")
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else None


def _lasts_until(end: datetime | None, since: datetime | None) -> bool:
    return since is None or end is None or end >= since


def _completed(run: RunAccount, plans: Mapping[str, Mapping[str, object]]) -> RunAccount:
    """With the releases that the run's plan names, where its entry does not."""
    plan = plans.get(run.id, {})
    source, target = plan.get("source"), plan.get("target")
    if run.target is None and isinstance(target, str) and (source is None or isinstance(source, str)):
        return replace(run, source=source, target=target)
    return run
