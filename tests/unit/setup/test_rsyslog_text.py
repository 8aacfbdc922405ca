"""What imjournal lets through, in both forms of rsyslog's configuration (guide 4.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.rules.texts import rsyslog
from workflows.rules.texts.rsyslog import Limit, imjournal, logs_to, with_imjournal

RHEL_8 = """\
# was: module(load="imjournal" ratelimit.interval="1")
module(load="imuxsock" \t  # provides support for local system logging (e.g. via logger command)
       SysSock.Use="off") # Turn off message reception via local log socket;
module(load="imjournal" \t    # provides access to the systemd journal (ratelimit.burst="7")
       StateFile="imjournal.state") # File to store the position in the journal
mail.*    -/var/log/maillog
"""
RHEL_7 = """\
#$imjournalRatelimitInterval 1
$ModLoad imuxsock
$ModLoad imjournal # provides access to the systemd journal
$OmitLocalLogging on

# File to store the position in the journal
$IMJournalStateFile imjournal.state
mail.*    -/var/log/maillog
"""


def test_a_module_with_comments_in_it_says_nothing_of_its_limits_and_gets_those_of_the_guide() -> None:
    assert imjournal(RHEL_8) == Limit(None, None)
    changed = with_imjournal(RHEL_8)
    assert imjournal(changed) == Limit("10", "10000")
    assert changed.replace(' ratelimit.interval="10" ratelimit.burst="10000"', "") == RHEL_8


def test_limits_that_a_module_names_are_replaced_where_they_stand() -> None:
    text = 'module( Load="imjournal"\n  RateLimit.Burst = "20000"  StateFile="a)b"\n  ratelimit.interval="600")\n'
    assert imjournal(text) == Limit("600", "20000")
    assert with_imjournal(text) == text.replace("20000", "10000").replace("600", "10")


def test_where_the_module_is_loaded_the_old_way_the_limits_are_directives_behind_its_state_file() -> None:
    assert imjournal(RHEL_7) == Limit(None, None)
    changed = with_imjournal(RHEL_7)
    assert imjournal(changed) == Limit("60", "60000")
    assert changed == RHEL_7.replace(
        "imjournal.state\n", "imjournal.state\n$imjournalRatelimitInterval 60\n$imjournalRatelimitBurst 60000\n"
    )


def test_directives_that_are_there_are_replaced_where_they_stand() -> None:
    text = RHEL_7 + "$IMJournalRatelimitInterval 600\n$imjournalRateLimitBurst 20000\n"
    assert with_imjournal(text) == text.replace(" 600\n", " 60\n").replace(" 20000\n", " 60000\n")


def test_what_does_not_load_imjournal_has_no_limit_and_stays_as_it_is() -> None:
    text = '#module(load="imjournal")\nmodule(load="imuxsock")\n#$ModLoad imjournal\n'
    assert imjournal(text) is None
    assert with_imjournal(text) == text


@given(st.lists(st.sampled_from(["\n", " ", "#x", '"', ")", "module(", 'load="imjournal"', "$ModLoad imjournal", "a", "("])))
def test_whatever_the_text_writing_the_limits_twice_is_writing_them_once(parts: list[str]) -> None:
    once = with_imjournal("".join(parts))
    assert with_imjournal(once) == once


@pytest.mark.parametrize(
    ("interval", "burst", "enough"),
    [("0", None, True), ("10", "10000", True), ("60", "60000", True), ("60", "10000", False), ("1", "5000", False),
     (None, "10000", False), ("10", None, False), ("10", "many", False), ("5", "10000", True)],
)  # fmt: skip
def test_a_thousand_a_second_and_ten_thousand_at_once_are_enough(interval: str | None, burst: str | None, enough: bool) -> None:
    assert Limit(interval, burst).enough is enough
    assert Limit(interval, burst).said is (interval is not None or burst is not None)


@pytest.mark.parametrize(
    ("line", "logs"),
    [("mail.*  -/var/log/maillog", True), ("mail.*\t/var/log/maillog;RSYSLOG_TraditionalFileFormat", True),
     ('mail.* action(type="omfile" file="/var/log/maillog")', True), ("# mail.* -/var/log/maillog", False),
     ("mail.* -/var/log/maillog.old", False), ("mail.* -/var/log/mail", False)],
)  # fmt: skip
def test_a_rule_that_writes_the_mail_log_is_known_in_every_form(line: str, logs: bool) -> None:
    assert logs_to(f"# rules\n{line}\n", "/var/log/maillog") is logs


def test_what_is_written_is_enough_by_its_own_measure() -> None:
    assert rsyslog.enough(rsyslog.INTERVAL, rsyslog.BURST)
    assert rsyslog.enough(rsyslog.LEGACY_INTERVAL, rsyslog.LEGACY_BURST)
