from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orchestrator.display import words
from orchestrator.views.document import iso
from workflows.model.errors import UsageError


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0.0 s"), (0.42, "0.4 s"), (38, "38 s"), (59.6, "1 m 00 s"), (65, "1 m 05 s"), (3599.6, "1 h 00 m"), (7380, "2 h 03 m"),
     (273600, "3 d 04 h"), (-1, "0.0 s")],
)  # fmt: skip
def test_a_duration_is_told_in_two_units(seconds: float, told: str) -> None:
    assert words.duration(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(12, "12 s"), (90, "90 s"), (200, "3 m"), (9 * 3600, "9 h"), (526 * 86400, "526 d"), (-5, "0 s")]
)
def test_an_age_is_told_in_one_unit(seconds: float, told: str) -> None:
    assert words.age(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (812, "812 B"), (1000, "1.0 kB"), (9960, "10 kB"), (999_600, "1.0 MB"), (1.2e9, "1.2 GB"), (41e9, "41 GB"),
     (5e15, "5000 TB")],
)  # fmt: skip
def test_a_size_is_told_in_decimal_units(count: float, told: str) -> None:
    assert words.size(count) == told


def test_a_count_agrees_with_its_noun() -> None:
    assert [words.number(n, "hop") for n in (0, 1, 2)] == ["0 hops", "1 hop", "2 hops"]
    assert words.number(2, "entry", "entries") == "2 entries"


def test_times_are_told_in_utc() -> None:
    time = datetime(2026, 11, 22, 3, 9, 31, tzinfo=timezone(timedelta(hours=1)))
    assert words.moment(time) == "2026-11-22 02:09:31"
    assert iso(time) == "2026-11-22T02:09:31Z"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1h 30m", 5400), ("1d", 86400)]
)
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert words.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5h", "30m1h", "1h30"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        words.parse_duration(text)
    assert raised.value.error_key == "duration-malformed"


def test_a_time_is_utc_unless_it_names_a_zone() -> None:
    assert words.parse_moment("2026-11-22 02:05") == datetime(2026, 11, 22, 2, 5, tzinfo=UTC)
    assert words.parse_moment("2026-11-22T02:05+01:00") == datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
    with pytest.raises(UsageError):
        words.parse_moment("yesterday")
