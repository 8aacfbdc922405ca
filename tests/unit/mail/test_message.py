"""A mail's header and body are told apart the same way whichever queue it lies in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.hosts.mail.message import digest, folded_lines, message_id, split


@given(st.binary(max_size=300))
def test_nothing_but_the_blank_line_between_is_lost(content: bytes) -> None:
    header, body = split(content)
    assert content in (header + body, header + b"\n" + body, header + b"\r\n" + body)


@given(st.binary(max_size=300))
def test_folded_lines_are_the_header_again(header: bytes) -> None:
    joined = b"".join(folded_lines(header))
    assert joined == header or joined == header + b"\n"


def test_a_body_may_begin_with_what_looks_like_a_header() -> None:
    assert split(b"Subject: a\n\tfolded\n\nTo: not a header\n") == (b"Subject: a\n\tfolded\n", b"To: not a header\n")


def test_a_line_that_is_no_header_line_begins_the_body() -> None:
    assert split(b"Subject: a\nFrom here on\n") == (b"Subject: a\n", b"From here on\n")


def test_how_the_last_line_ends_does_not_make_another_mail() -> None:
    assert digest(b"end") == digest(b"end\n") != digest(b"ende")


def test_the_message_id_is_found_in_any_case_and_folded() -> None:
    assert message_id(b"A: b\nMESSAGE-id:\n <x@y>\n") == "<x@y>"
    assert message_id(b"A: b\n") is None
