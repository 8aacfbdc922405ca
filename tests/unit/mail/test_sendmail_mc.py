"""The editor of sendmail.mc: what it does not mean, it does not touch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.hosts.mail import sendmail_mc
from orchestrator.hosts.mail.sendmail_mc import McError, append, calls, comment_out, loopback_only, named

LOOPBACK = b"DAEMON_OPTIONS(`Port=smtp,Addr=127.0.0.1, Name=MTA')dnl\n"
PIECES = (
    b"divert(-1)dnl\n", b"dnl # a remark with ` and ' and ( in it\n", b"\n", b"  \t\n", b"OSTYPE(`linux')dnl\n",
    b"define(`confX', `a (b) `nested' c')dnl\n", b"dnl DAEMON_OPTIONS(`Port=smtp,Addr=127.0.0.1, Name=MTA')dnl\n",
    b"FEATURE(`access_db', `hash -T<TMPF> -o /etc/mail/access.db')dnl\n", b"define(`confY',\n  `two\nlines')dnl\n",
    b"LOCAL_CONFIG\nD{x}y\r\n", b"MAILER(`smtp')dnl\n", b"`DAEMON_OPTIONS(`Port=smtp,Addr=127.0.0.1')'\n", b"x1dnl2\n",
    b"# \xe4\xff\n",
    b"DAEMON_OPTIONS(`Port=submission, Addr=127.0.0.1, Name=MSA')dnl\n",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


@given(texts, texts)
def test_only_the_loopback_line_is_changed_and_every_other_byte_stays(before: bytes, after: bytes) -> None:
    data = before + LOOPBACK + after
    assert comment_out(data, loopback_only(data)) == before + b"dnl " + LOOPBACK + after


@given(texts)
def test_what_is_commented_is_not_found_again(data: bytes) -> None:
    edited = comment_out(data + LOOPBACK, loopback_only(data + LOOPBACK))
    assert loopback_only(edited) == []
    assert comment_out(edited, loopback_only(edited)) == edited


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_an_edit_that_finds_nothing_changes_nothing(data: bytes) -> None:
    try:
        found = loopback_only(data)
    except McError:
        return
    if not found:
        assert comment_out(data, found) == data


@given(texts)
def test_calls_stand_where_they_say(data: bytes) -> None:
    for call in calls(data):
        assert data[call.begin : call.end].startswith(call.name + b"(")
        assert data[call.begin : call.end].endswith(b")")


def test_a_call_over_several_lines_is_commented_in_each_of_them() -> None:
    data = b"a\nDAEMON_OPTIONS(`Port=smtp,\n  Addr=127.0.0.1')dnl\nb\n"
    edited = comment_out(data, loopback_only(data))
    assert edited == b"a\ndnl DAEMON_OPTIONS(`Port=smtp,\ndnl   Addr=127.0.0.1')dnl\nb\n"
    assert loopback_only(edited) == []


def test_what_stands_behind_a_commented_call_stays_active() -> None:
    data = b"DAEMON_OPTIONS(`Port=smtp,Addr=127.0.0.1')FEATURE(`x')dnl\n"
    edited = comment_out(data, loopback_only(data))
    assert edited == b"dnl DAEMON_OPTIONS(`Port=smtp,Addr=127.0.0.1')\nFEATURE(`x')dnl\n"
    assert named(edited, b"FEATURE", b"x")


def test_a_line_is_added_at_the_end_even_when_the_last_one_is_not_ended() -> None:
    assert append(b"MAILER(`smtp')dnl", [b"X(`y')dnl"]) == b"MAILER(`smtp')dnl\nX(`y')dnl\n"
    assert append(b"a\n", []) == b"a\n"


def test_port_587_on_the_loopback_interface_stays() -> None:
    assert loopback_only(b"DAEMON_OPTIONS(`Port=submission,Addr=127.0.0.1, Name=MSA')dnl\n") == []


@pytest.mark.parametrize("data", [b"define(`a', `b\n", b"FEATURE(x\n", b"`never closed"])
def test_an_open_quote_or_bracket_is_refused_with_its_line(data: bytes) -> None:
    with pytest.raises(McError, match="line 1") as raised:
        list(sendmail_mc.calls(data))
    assert raised.value.error_key == "sendmail-mc-broken"
