"""An entry as an export and a reader are given it."""

from __future__ import annotations

import json

import rfc8785

from state.chain import NOTHING, Line

LINE = Line(
    "prod", 2, "2026-03-01T22:15:04.000125Z", "boot\n", '{"user":"jörg"}', None, "hop-proven", "frontend", "19.10", "漢",
    '{"é":1}', NOTHING, "ab",
)  # fmt: skip


def test_a_whole_entry_is_canonical_json_with_its_own_names() -> None:
    text = LINE.json()
    assert rfc8785.dumps(json.loads(text)).decode() == text
    assert json.loads(text) == {
        "actor": {"user": "jörg"}, "boot_id": "boot\n", "component": "frontend", "evidence": {"é": 1}, "from": "19.10",
        "hash": "ab", "kind": "hop-proven", "prev": NOTHING, "run": None, "seq": 2, "site": "prod",
        "time": "2026-03-01T22:15:04.000125Z", "to": "漢",
    }  # fmt: skip


def test_what_is_no_text_any_more_is_shown_as_it_is() -> None:
    assert json.loads(LINE._replace(kind=b"hop-proven", seq="two").json())["kind"] == "b'hop-proven'"
