"""How many messages journald lets through (guide 4.6)."""

from __future__ import annotations

import pytest

from workflows.rules.texts import journald


@pytest.mark.parametrize(
    ("interval", "burst", "enough"),
    [("10s", "10000", True), ("0", "10", True), ("30s", "0", True), ("30s", "10000", False), ("1min", "60000", True),
     ("1min 30s", "90000", True), ("1min 30s", "60000", False), ("500ms", "10000", True), (None, None, False),
     ("a while", "10000", False)],
)  # fmt: skip
def test_a_thousand_a_second_and_ten_thousand_at_once_are_enough(interval: str | None, burst: str | None, enough: bool) -> None:
    assert journald.lets_through(interval, burst) is enough


def test_the_last_file_that_says_so_counts_and_a_comment_says_nothing() -> None:
    texts = [
        "[Journal]\n#RateLimitBurst=1\nRateLimitInterval=30s\nRateLimitBurst=1000\n",
        "[Journal]\nRateLimitIntervalSec=10s\n",
    ]
    assert journald.limit(texts) == ("10s", "1000")
    assert journald.limit(["[Journal]\n#RateLimitIntervalSec=30s\n"]) == (None, None)


@pytest.mark.parametrize(("systemd", "name"), [(219, "RateLimitInterval="), (252, "RateLimitIntervalSec=")])
def test_what_is_written_is_enough_under_the_name_that_this_systemd_knows(systemd: int, name: str) -> None:
    text = journald.drop_in(systemd, "# x")
    assert f"\n{name}10s\n" in text
    assert journald.lets_through(*journald.limit([text]))
