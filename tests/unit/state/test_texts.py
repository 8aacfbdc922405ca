"""How times are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.texts import text_time, time_text

times = st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(times, times)
def test_a_time_comes_back_and_sorts_as_text(one: datetime, other: datetime) -> None:
    assert text_time(time_text(one)) == one
    assert (time_text(one) < time_text(other)) == (one < other)


def test_a_time_is_written_in_utc_with_microseconds() -> None:
    there = datetime(2026, 3, 1, 23, 15, tzinfo=timezone(timedelta(hours=1)))
    assert time_text(there) == "2026-03-01T22:15:00.000000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        time_text(datetime(2026, 3, 1))  # noqa: DTZ001
