from __future__ import annotations

import errno
import io
import json
import os
import pty
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import click
import pytest

from orchestrator.display.base import Manner
from orchestrator.display.choice import choose
from orchestrator.display.lasting import LastingDisplay
from orchestrator.display.plain import PlainDisplay
from orchestrator.display.terminal import TerminalDisplay, step_lines, todo_lines
from workflows.model.errors import UsageError

Make = Callable[..., Any]
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A pseudo terminal, what was written to it, and how to take it away."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.out = os.fdopen(slave, "w", encoding="utf-8", newline="")
        self._seen: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self._seen.append(data)

    def close(self) -> str:
        if not self.out.closed:
            self.out.close()
        self._reader.join(10)
        os.close(self.master)
        return b"".join(self._seen).decode()


class Gone(io.StringIO):
    """An output that is gone after so many writes."""

    def __init__(self, writes: int, error: Exception) -> None:
        super().__init__()
        self.writes, self.error = writes, error

    def write(self, text: str) -> int:
        self.writes -= 1
        if self.writes < 0:
            raise self.error
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    found = Terminal()
    yield found
    if not found.out.closed:
        found.close()


def play(display: Any, run: Make, event: Make) -> None:
    display.run_begins(run())
    for number, made in enumerate(
        [
            event("run-started"),
            event("step-started", "fetch", title="fetch and verify", attempt=1),
            event("step-progress", "fetch", message="openemm-gui.tar.gz", done=3, total=8),
            event("step-done", "fetch", title="fetch and verify", summary="8 packages", seconds=36.2),
            event("step-started", "hop1.stop", title="hop 1 stop", attempt=2),
            event("note", "hop1.stop", message="a note", file="20.sql", statement=3),
            event("step-done", "hop1.stop", title="hop 1 stop", summary="", seconds=6),
            event("step-waiting", "hop1.wait-for-dispatch", reason="mailing 4711 is being sent"),
            event("step-failed", "hop1.start", key="start-timeout", message="cannot start 20.04"),
            event("run-failed", "hop1.start", key="start-timeout", message="cannot start 20.04"),
            event("from-a-newer-version", "hop1.start"),
        ]
    ):
        del number
        display.event(made)
    display.run_ends(run("failed"))


def test_json_is_asked_for_a_terminal_is_live_and_all_else_is_plain(terminal: Terminal) -> None:
    def kind(manner: Manner, out: TextIO, **environ: str) -> str:
        display = choose(manner, {"TERM": "xterm", **environ}, out)
        assert isinstance(display, LastingDisplay)
        return type(display._inner).__name__

    assert kind(Manner(json=True), terminal.out) == "JsonDisplay"
    assert kind(Manner(), terminal.out) == "TerminalDisplay"
    assert kind(Manner(), terminal.out, TERM="dumb") == "PlainDisplay"
    assert kind(Manner(quiet=True), terminal.out) == "PlainDisplay"
    assert kind(Manner(), io.StringIO()) == "PlainDisplay"


def test_plain_says_one_line_an_event_with_its_time_in_utc(run: Make, event: Make) -> None:
    out = io.StringIO()
    play(PlainDisplay(out, Manner()), run, event)
    lines = out.getvalue().splitlines()
    assert lines[0] == "2026-11-22 02:00:00Z  7K3Q  run started"
    assert lines[3] == "2026-11-22 02:00:00Z  7K3Q  done   fetch and verify   36 s   8 packages"
    assert lines[4].endswith("begins hop 1 stop, attempt 2")
    assert lines[8].endswith("failed hop 1 start   cannot start 20.04   [start-timeout]")
    assert lines[10].endswith("from-a-newer-version hop 1 start")
    assert len(lines) == 11


def test_json_says_one_document_a_line(run: Make, event: Make) -> None:
    out = io.StringIO()
    play(choose(Manner(json=True), {}, out), run, event)
    documents = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {document["schema"] for document in documents} == {"orchestrate.event/1"}
    assert documents[3]["data"] == {"title": "fetch and verify", "summary": "8 packages", "seconds": 36.2}


@pytest.mark.parametrize("manner", [Manner(), Manner(json=True)])
def test_progress_is_thinned_out_and_nothing_else_is(manner: Manner, event: Make) -> None:
    out = io.StringIO()
    display = choose(manner, {}, out)
    for tenth in range(100):
        display.event(event("step-progress", "fetch", after=tenth / 10, message="x", done=tenth, total=100))
        display.event(event("note", "fetch", after=tenth / 10, message=f"note {tenth}"))
    lines = out.getvalue().splitlines()
    assert sum("note" in line for line in lines) == 100
    assert 2 <= len(lines) - 100 <= 11


def test_quiet_says_nothing_of_a_run(run: Make, event: Make) -> None:
    out = io.StringIO()
    play(PlainDisplay(out, Manner(quiet=True)), run, event)
    PlainDisplay(out, Manner(quiet=True)).show(["report"], {})
    assert out.getvalue() == ""


def test_a_terminal_keeps_what_is_done_and_moves_what_is_being_done(terminal: Terminal, run: Make, event: Make) -> None:
    play(TerminalDisplay(terminal.out, Manner(), color=True), run, event)
    shown = terminal.close()
    text = CONTROL.sub("", shown)
    assert "run 7K3Q   19.10.000.170 -> 20.10.000.152" in text
    assert "  done   fetch and verify             36 s   8 packages" in text
    assert "> doing  fetch and verify" in text
    assert "  todo   hop 1 wait for dispatch, database, links, start" in text
    assert "  todo   hop 2 (2 steps)" in text
    assert "Ctrl-C pauses safely. Followed from elsewhere with: orchestrate watch 7K3Q" in text
    assert "down since 02:00:00 UTC" in text
    assert "\x1b[32m" in shown
    assert max(len(line) for line in re.split(r"[\r\n]+", text)) <= 80
    assert "\x1b[?25h" in shown  # the cursor is there again


def test_no_color_means_no_colour(terminal: Terminal, run: Make, event: Make) -> None:
    display = TerminalDisplay(terminal.out, Manner(), color=False)
    play(display, run, event)
    display.show([click.style("red", fg="red")], {})
    assert not re.search(r"\x1b\[(3\d|9\d)m", terminal.close())


def test_a_terminal_shows_what_a_resumed_run_had_done_before(terminal: Terminal, run: Make) -> None:
    from dataclasses import replace

    record = run()
    first = replace(record.steps[0], state="done", summary="8 packages", seconds=36.0)
    display = TerminalDisplay(terminal.out, Manner(), color=False)
    display.run_begins(replace(record, steps=(first, *record.steps[1:])))
    display.run_ends(record)
    text = CONTROL.sub("", terminal.close())
    assert "  done   fetch                        36 s   8 packages" in text


def test_a_terminal_that_goes_away_does_not_break_the_run(terminal: Terminal, run: Make, event: Make) -> None:
    display = LastingDisplay(TerminalDisplay(terminal.out, Manner(), color=True))
    display.run_begins(run())
    os.dup2(os.open("/dev/full", os.O_WRONLY), terminal.out.fileno())
    for _ in range(3):
        display.event(event("step-done", "fetch", title="fetch", summary="", seconds=1))
    assert display.silent
    display.run_ends(run())
    with pytest.raises(OSError, match="No space left"):
        terminal.out.close()


@pytest.mark.parametrize("manner", [Manner(), Manner(json=True)])
@pytest.mark.parametrize(
    "error", [BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.EIO, "Input/output error"), ValueError("closed file")]
)
@pytest.mark.parametrize("writes", range(4))
def test_an_output_that_breaks_at_any_line_leaves_the_run_alone(
    manner: Manner, error: Exception, writes: int, run: Make, event: Make
) -> None:
    out = Gone(writes, error)
    play(choose(manner, {}, out), run, event)
    assert len(out.getvalue().splitlines()) == writes


def test_a_report_to_a_broken_pipe_is_not_swallowed() -> None:
    with pytest.raises(BrokenPipeError):
        choose(Manner(), {}, Gone(0, BrokenPipeError())).show(["x"], {})


def test_yes_answers_and_without_a_terminal_the_flag_is_named() -> None:
    assert choose(Manner(yes=True), {}, io.StringIO()).ask("Go on?", "--yes")
    for manner in (Manner(), Manner(json=True)):
        with pytest.raises(UsageError) as raised:
            choose(manner, {}, io.StringIO()).ask("Go on?", "--yes")
        assert raised.value.error_key == "answer-missing"
        assert "--yes" in raised.value.next[0]


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("\x04", False)])
def test_on_a_terminal_the_person_answers(
    typed: str, *, answer: bool, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(os.dup(terminal.out.fileno()), "r", encoding="utf-8") as keys:
        monkeypatch.setattr(sys, "stdin", keys)
        os.write(terminal.master, typed.encode())
        assert choose(Manner(), {"TERM": "xterm"}, terminal.out).ask("Go on?", "--yes") is answer


def test_a_long_remark_goes_on_below_itself() -> None:
    lines = step_lines("done", "hop 1 wait for dispatch", 151, "mailing 4711 finished at 02:03:10, none is planned before 04:00")
    assert len(lines) == 2
    assert lines[1].startswith(" " * 45)
    assert max(map(len, lines)) <= 80


def test_what_is_left_is_told_by_name_in_this_hop_and_by_number_in_the_next() -> None:
    assert todo_lines(["hop1.links", "hop1.start", "hop2.stop", "hop2.start", "mark-good"], "hop1.database") == [
        "  todo   hop 1 links, start",
        "  todo   hop 2 (2 steps)",
        "  todo   mark good",
    ]
