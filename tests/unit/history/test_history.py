"""What the entries of a ledger, in their order, tell of versions and runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from orchestrator.display.pages import bars
from orchestrator.display.pages import history as page
from orchestrator.views.history import History, Origin, Span, fold
from state.chain import Entry, Head

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEAD = Head(412, "ab" * 32, NOON)
Make = Callable[..., Entry]


@pytest.fixture
def entry() -> Make:
    """Makes entries one after the other, a minute apart unless told when."""
    seq = 0

    def make(kind: str, component: str | None = None, old: str | None = None, new: str | None = None, **given: Any) -> Entry:
        nonlocal seq
        seq += 1
        actor = {"user": "root", "sudo_user": "jörg", "reason": given.get("reason")}
        time = given.get("time", NOON + timedelta(minutes=seq))
        run = given.get("run", "7K3Q")
        return Entry(seq, time, "boot", "mail1", actor, run, kind, component, old, new, given.get("evidence", {}), "", "")

    return make


def upgrade(entry: Make, run: str, old: str, new: str, *, reason: str | None = None) -> list[Entry]:
    said = {"workflow": "upgrade", "source": old, "target": new}
    return [
        entry("run-started", run=run, evidence=said, reason=reason),
        entry("application-started", "frontend", old, new, run=run),
        entry("component-version", "runtime", f"{old}.1", f"{new}.1", run=run, reason=reason),
        entry("component-version", "frontend", old, new, run=run, reason=reason),
        entry("run-completed", run=run),
    ]


def outside(entry: Make, version: str, startup: datetime, component: str = "frontend") -> Entry:
    return entry("outside-evidence", component, None, version, run=None, evidence={"startup": startup.isoformat()})


def text(lines: list[str]) -> str:
    plain = [click.unstyle(line) for line in lines]
    assert max(map(len, plain)) <= 80, max(plain, key=len)
    return "\n".join(plain)


def test_spans_are_told_newest_first_by_component_with_who_and_why(entry: Make) -> None:
    history = fold([*upgrade(entry, "AAAA", "19.10", "20.04"), *upgrade(entry, "BBBB", "20.04", "20.10", reason="ticket 4711")])
    assert [(s.component, s.before, s.version, s.origin) for s in history.spans] == [
        ("runtime", "20.04.1", "20.10.1", Origin.RUN),
        ("runtime", "19.10.1", "20.04.1", Origin.RUN),
        ("runtime", None, "19.10.1", Origin.BEFORE),
        ("frontend", "20.04", "20.10", Origin.RUN),
        ("frontend", "19.10", "20.04", Origin.RUN),
        ("frontend", None, "19.10", Origin.BEFORE),
    ]
    newest, older, oldest = history.spans[3:]
    assert (newest.by, newest.reason, newest.run, newest.outcome) == ("jörg", "ticket 4711", "BBBB", "completed")
    assert newest.end is None
    assert older.end == newest.start
    assert (oldest.start, oldest.started, oldest.end) == (None, None, older.start)


def test_a_version_started_when_the_application_did_and_tomcat_started_with_it(entry: Make) -> None:
    history = fold(upgrade(entry, "AAAA", "19.10", "20.04"))
    assert {s.component: s.started for s in history.spans if s.origin is Origin.RUN} == {
        "runtime": NOON + timedelta(minutes=2),
        "frontend": NOON + timedelta(minutes=2),
    }


def test_a_run_that_failed_and_was_undone_is_told_although_it_changed_nothing(entry: Make) -> None:
    said = {"workflow": "upgrade", "source": "19.10", "target": "20.04"}
    failure = {"step": "hop1.database", "key": "disk-full"}
    failed = [entry("run-started", run="AAAA", evidence=said), entry("run-failed", run="AAAA", evidence=failure)]
    [run] = fold(failed).runs
    assert (run.outcome, run.step, run.key, run.source, run.target) == ("failed", "hop1.database", "disk-full", "19.10", "20.04")
    [run] = fold([*failed, entry("run-resumed", run="AAAA")]).runs
    assert (run.outcome, run.ended) == ("running", None)
    [run] = fold([*failed, entry("run-undone", run="AAAA")]).runs
    assert run.outcome == "undone"
    assert "undone" in text(page.lines(History(runs=[run], head=HEAD)))
    assert page.as_csv(History(runs=[run])).splitlines()[1].startswith("frontend,19.10,20.04,,,")


def test_what_somebody_changed_by_hand_is_no_ones_run(entry: Make) -> None:
    history = fold([*upgrade(entry, "AAAA", "19.10", "20.04"), entry("drift-observed", "frontend", "20.04", "19.10", run=None)])
    span = next(s for s in history.spans if s.component == "frontend")
    assert (span.version, span.origin, span.by, span.run) == ("19.10", Origin.OBSERVED, None, None)
    assert "by hand" in text(page.lines(replace(history, head=HEAD)))


def test_outside_evidence_that_agrees_gives_the_exact_start(entry: Make) -> None:
    run = [e for e in upgrade(entry, "AAAA", "19.10", "20.04") if e.kind != "application-started"]
    startup = NOON + timedelta(minutes=1, seconds=30)
    history = fold([*run, outside(entry, "20.04", startup)])
    spans = [s for s in history.spans if s.component == "frontend"]
    assert [(s.version, s.started, s.origin) for s in spans] == [("20.04", startup, Origin.RUN), ("19.10", None, Origin.BEFORE)]


def test_outside_evidence_from_before_the_ledger_is_told_apart(entry: Make) -> None:
    early = [
        outside(entry, version, NOON - timedelta(days=days)) for version, days in (("20.01", 300), ("20.04", 100), ("20.07", 50))
    ]
    spans = fold([*upgrade(entry, "AAAA", "20.07", "20.10"), *early]).spans
    assert [(s.version, s.origin, s.since) for s in spans if s.component == "frontend"] == [
        ("20.10", Origin.RUN, NOON + timedelta(minutes=5)),
        ("20.07", Origin.IMPORT, NOON - timedelta(days=50)),
        ("20.04", Origin.IMPORT, NOON - timedelta(days=100)),
        ("20.01", Origin.IMPORT, NOON - timedelta(days=300)),
    ]
    assert all(older.end in (newer.since, newer.start) for newer, older in itertools.pairwise(spans))


def test_a_version_that_only_outside_evidence_knows_of_stands_between_those_of_the_ledger(entry: Make) -> None:
    by_hand = outside(entry, "20.07", NOON + timedelta(days=2))
    later = [entry("component-version", "frontend", "20.07", "20.10", run="BBBB", time=NOON + timedelta(days=3))]
    spans = fold([*upgrade(entry, "AAAA", "19.10", "20.04"), *later, by_hand]).spans
    assert [(s.version, s.origin) for s in spans if s.component == "frontend"] == [
        ("20.10", Origin.RUN), ("20.07", Origin.IMPORT), ("20.04", Origin.RUN), ("19.10", Origin.BEFORE),
    ]  # fmt: skip


def test_a_clock_set_back_does_not_break_the_order(entry: Make) -> None:
    first = upgrade(entry, "AAAA", "19.10", "20.04")
    back = entry("component-version", "frontend", "20.04", "20.10", run="BBBB", time=NOON - timedelta(hours=1))
    spans = [s for s in fold([*first, back]).spans if s.component == "frontend"]
    assert [s.version for s in spans] == ["20.10", "20.04", "19.10"]
    assert text(page.lines(History(spans=spans, head=HEAD), drawn=True))


def test_a_year_of_upgrades_fits_one_screen() -> None:
    spans, when = [], NOON - timedelta(days=365)
    for name in ("runtime", "frontend", "backend", "manual"):
        versions = [
            f"{year}.{month:02d}.000.{n:03d}"
            for n, (year, month) in enumerate([(19, 10), (20, 4), (20, 10), (21, 4), (21, 10), (22, 4)])
        ]
        times = [when + timedelta(days=60 * n) for n in range(len(versions))]
        ends = [*times[1:], None]
        rows = zip([None, *versions], versions, times, ends, strict=False)
        spans += [
            Span(component=name, version=new, start=begin, end=end, origin=Origin.RUN, before=old, run="7K3Q")
            for old, new, begin, end in rows
        ][::-1]
    shown = text(page.lines(History(spans=spans, head=HEAD), drawn=True)).splitlines()
    assert len(shown) <= 40
    assert sum(line.startswith(("runtime", "frontend", "backend", "manual")) for line in shown) == 8


def test_bars_are_to_scale_and_no_wider_than_the_screen() -> None:
    def frontend(version: str, start: datetime, end: datetime | None, origin: Origin) -> Span:
        return Span(component="frontend", version=version, start=start, end=end, origin=origin)

    begin, now = NOON - timedelta(days=100), NOON
    spans = [
        frontend("20.10.000.152", begin + timedelta(days=50), None, Origin.RUN),
        frontend("20.04.000.200", begin + timedelta(days=50, seconds=-8), begin + timedelta(days=50), Origin.RUN),
        frontend("19.10.000.170", begin, begin + timedelta(days=50, seconds=-8), Origin.IMPORT),
    ]
    bar, axis = text(bars.lines(spans, now)).splitlines()
    assert len(bar) == 80
    assert "│19.10.000.170┄" in bar
    assert bar.rstrip("─").endswith("│20.10.000.152")
    assert abs(bar.index("│20.10") - (11 + 8 + 61 // 2)) <= 2
    assert axis.split()[0] == "2026-08-14"
    assert bars.lines([], now) == []


def test_a_reason_is_no_formula_of_a_spreadsheet(entry: Make) -> None:
    rows = page.as_csv(fold(upgrade(entry, "AAAA", "19.10", "20.04", reason='=HYPERLINK("http://x")'))).splitlines()
    assert "\"'=HYPERLINK(" in rows[1]


def test_nothing_recorded_is_said() -> None:
    assert "nothing is recorded yet" in text(page.lines(History()))
    assert "nothing is recorded of that time" in text(page.lines(History(head=HEAD, at=NOON)))
    assert "ledger empty" in text(page.lines(History()))
