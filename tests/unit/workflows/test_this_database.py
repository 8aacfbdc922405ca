"""That the application works on this database: by what its start wrote (facts 6 and 24.3), else by one page, asked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from workflows.host.application import HttpAnswer
from workflows.model.plans import Hop, LineRules, Release
from workflows.steps.application.this_database import before_start, judge_release, round_trip

OLD, NEW = "20.04.000.200", "20.10.000.152"
START = 1_800_000_000
RULES = LineRules("20.10", has_release_log=True)
HOP = Hop(1, OLD, Release(NEW, ()), RULES, final=True)
Row = tuple[str, datetime]


def row(version: str, seconds: float) -> Row:
    return version, datetime.fromtimestamp(START + seconds, UTC)


@pytest.mark.parametrize(
    ("rows", "before", "holds"),
    [
        ([row(NEW, 5)], None, True),
        ([row(NEW, 0)], None, True),  # a TIMESTAMP has whole seconds
        ([row("20.10.0.152", 5)], None, True),
        ([row(NEW, 5), row(OLD, -900)], row(OLD, -900), True),
        ([row(NEW, -900)], row(NEW, -900), True),  # a second start writes no row
        ([], None, False),
        ([row(OLD, 5)], None, False),
        ([row(OLD, -900), row(NEW, -9000)], row(OLD, -900), False),  # it ran once, but is not what was started last
        ([row(NEW, -5)], None, False),
        ([row("unknown", 5)], None, False),
    ],
)
def test_the_newest_row_of_this_host_is_the_targets(rows: Sequence[Row], before: Row | None, holds: bool) -> None:
    seen = {"clock": START, "release": [before[0], before[1].timestamp()] if before else None}
    assert judge_release(rows, NEW, seen, late=False).holds is holds


def test_a_start_that_an_older_tool_began_is_judged_by_its_version_alone() -> None:
    assert judge_release([row(NEW, -5)], NEW, {}, late=False).holds


def test_a_row_that_has_not_come_in_time_never_comes() -> None:
    assert [judge_release([], NEW, {"release": None}, late=late).hopeless for late in (False, True)] == [False, True]


class Site:
    """A context whose page gives these answers, and whose database holds these rows."""

    def __init__(self, *answers: HttpAnswer | None, rows: Sequence[Row] = (), pending: Sequence[int] = ()) -> None:
        self.answers, self.rows, self.pending = list(answers), list(rows), list(pending)
        self.intents: dict[str, dict[str, Any]] = {"hop1.start": {"mark": [1, 1]}}
        self.asked = self.paused = 0
        database = SimpleNamespace(
            release_log=lambda application: self.rows, companies_not_migrated=lambda: self.pending,
            clock=lambda: datetime.fromtimestamp(START, UTC),
        )  # fmt: skip
        application = SimpleNamespace(database_round_trip=self._page, wait=lambda seconds: None)
        self.host = SimpleNamespace(database=database, application=application)

    def _page(self, limit: float) -> HttpAnswer | None:
        assert limit == 180.0
        self.asked += 1
        return self.answers.pop(0)

    def intent_of(self, step: str) -> dict[str, Any]:
        return self.intents.get(step, {})

    def remember(self, **facts: Any) -> None:
        self.intents.setdefault("hop1.migrate", {}).update(facts)

    def report(self, message: str, done: int, total: int) -> None:
        """Nobody looks."""

    def pause_point(self) -> None:
        self.paused += 1


def begun(site: Any, hop: Hop = HOP) -> Any:
    site.intents["hop1.start"]["before"] = before_start(site, hop)
    return site


def test_a_start_that_logged_itself_needs_no_page() -> None:
    site = begun(Site())
    site.rows = [row(NEW, 3)]
    assert round_trip(site, HOP).holds
    assert site.asked == 0


def test_a_start_that_migrated_the_companies_needs_no_page() -> None:
    hop = Hop(1, "19.10.000.170", Release(OLD, ()), LineRules("20.04", migrates=("company-values",)), final=True)
    site = begun(Site(pending=[1, 2]), hop)
    site.pending = []
    assert round_trip(site, hop).holds
    assert site.asked == 0


def test_where_a_start_writes_nothing_the_page_is_asked_once_a_start_and_waited_for() -> None:
    site: Any = begun(Site(None, None, HttpAnswer(200, ""), rows=[row(NEW, -900)]))
    assert round_trip(site, HOP).holds
    assert (site.asked, site.paused) == (3, 2)
    assert round_trip(site, HOP).holds
    assert site.asked == 3  # what it said is remembered
    site.intents["hop1.start"]["mark"] = [1, 9]
    site.answers = [HttpAnswer(500, "")]
    judged = round_trip(site, HOP)
    assert (judged.holds, judged.hopeless) == (False, True)
    assert "answers 500" in judged.said


def test_a_page_that_never_answers_proves_nothing() -> None:
    judged = round_trip(begun(Site(HttpAnswer(0, "timed out"), rows=[row(NEW, -900)])), HOP)
    assert (judged.holds, judged.said) == (False, "the logon page, which needs the database, does not answer")
