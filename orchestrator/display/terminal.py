"""For a person at a terminal: what is done scrolls by, what is being done and what is left stays below it."""

from __future__ import annotations

import itertools
import textwrap
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from orchestrator.display.base import Manner, ask_terminal
from orchestrator.display.downtime import down_since
from orchestrator.display.sentences import progress, sentence, split, step_title
from orchestrator.display.words import duration, number
from orchestrator.runs.events import Event, Kind
from workflows.model.parts import starts_mail, stops_mail

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from orchestrator.views.document import View
    from state.journal import RunRecord

REFRESH_SECONDS = 0.25
WIDTH = 80
_TITLE, _TOOK = 24, 9
_TAIL = 2 + 7 + _TITLE + _TOOK + 3  # the column at which a step's remark begins
_COLORS = {"done": "green", "failed": "red", "waits": "yellow", "undone": "yellow"}
_QUIET_KINDS = {Kind.STEP_STARTED, Kind.STEP_PROGRESS, Kind.STEP_WAITING, Kind.GATE_OPENED, Kind.STEP_UNDOING, Kind.RUN_CREATED,
                Kind.RUN_STARTED}  # fmt: skip


def step_lines(mark: str, title: str, seconds: float | None, remark: str) -> list[str]:
    """A step as a line of 80 columns; a long remark goes on below itself."""
    took = "" if seconds is None else duration(seconds)
    first, *more = textwrap.wrap(remark, WIDTH - _TAIL, break_on_hyphens=False) or [""]
    return [f"  {mark:<6} {title:<{_TITLE}}{took:>{_TOOK}}   {first}".rstrip(), *(" " * _TAIL + line for line in more)]


def todo_lines(names: Sequence[str], last: str | None) -> list[str]:
    """What is left: the steps of the group that is being worked on by name, of a later hop by number."""
    here = split(last)[0] if last else ""
    lines = []
    for group, parts in itertools.groupby(map(split, names), key=lambda part: part[0]):
        rests = [rest for _, rest in parts]
        text = f"{group} ({number(len(rests), 'step')})" if group not in {"", here} else f"{group} {', '.join(rests)}".strip()
        lines += textwrap.wrap(text, WIDTH, initial_indent="  todo   ", subsequent_indent=" " * 9)
    return lines


class Progress:
    """What the moving part of the screen shows; fed by events, read by the thread that draws."""

    def __init__(self, run: RunRecord) -> None:
        self.run = run.id
        self.began = time.monotonic()
        self.ended = {step.name for step in run.steps if step.state in {"done", "skipped", "undone"}}
        self.names = [step.name for step in run.steps]
        self.current: str | None = None
        self.last: str | None = None
        self.mark = "doing"
        self.title = ""
        self.remark = ""
        self.since = self.began
        self.down = down_since(run.steps)
        self.hint = f"Ctrl-C pauses safely. Followed from elsewhere with: orchestrate watch {run.id}"

    def take(self, event: Event) -> None:
        """Take in what happened."""
        if event.kind in {Kind.STEP_STARTED, Kind.STEP_UNDOING} and event.step:
            self.current = self.last = event.step
            self.since, self.remark = time.monotonic(), ""
            self.title = event.data.get("title") or step_title(event.step)
            self.mark = "doing" if event.kind == Kind.STEP_STARTED else "undoes"
        elif event.kind in {Kind.STEP_PROGRESS, Kind.STEP_WAITING}:
            self.mark = "waits" if event.kind == Kind.STEP_WAITING else "undoes" if self.mark == "undoes" else "doing"
            self.remark = str(event.data.get("reason", "")) if self.mark == "waits" else progress(event.data)
        elif event.kind in {Kind.STEP_DONE, Kind.STEP_SKIPPED, Kind.STEP_UNDONE} and event.step:
            self.ended.add(event.step)
            self.current = None
            if stops_mail(event.step):
                self.down = (self.down or event.time) if event.kind == Kind.STEP_DONE else None
            elif starts_mail(event.step):
                self.down = None
        elif event.kind in {Kind.STEP_FAILED, Kind.RUN_PAUSED}:
            self.current = None

    def lines(self) -> list[str]:
        """The moving part, at most 80 columns wide."""
        now = time.monotonic()
        lines = []
        if self.current:
            doing = step_lines(self.mark, self.title, now - self.since, self.remark)
            lines += [">" + doing[0][1:], *doing[1:]]
        if self.mark != "undoes":
            lines += todo_lines([n for n in self.names if n not in self.ended and n != self.current], self.last)
        down = ""
        if self.down:
            down = f"   down since {self.down:%H:%M:%S} UTC, {duration((datetime.now(UTC) - self.down).total_seconds())}"
        lines.append(f"  elapsed {duration(now - self.began)}{down}")
        lines.append(f"  {self.hint}")
        return lines

    def __rich__(self) -> Text:
        """Drawn by rich."""
        from rich.text import Text

        text = Text(no_wrap=True, overflow="ellipsis")
        for at, line in enumerate(self.lines()):
            text.append(("\n" if at else "") + line, style="bold" if line.startswith(">") else "dim")
        return text


class TerminalDisplay:
    """Reports in colour, and a run as it goes."""

    def __init__(self, out: TextIO, manner: Manner, *, color: bool) -> None:
        self._out = out
        self._manner = manner
        self._color = color
        self._progress: Progress | None = None
        self._live: Live | None = None
        self._stop = threading.Event()
        self._drawer: threading.Thread | None = None
        self._broken: Exception | None = None

    def show(self, lines: Sequence[str], view: View | None = None) -> None:  # noqa: ARG002 - the view is for programs
        """The lines."""
        self._out.write("".join((line if self._color else click.unstyle(line)) + "\n" for line in lines))
        self._out.flush()

    def ask(self, question: str, flag: str) -> bool:
        """Asked here."""
        return ask_terminal(self._manner, self._out, question, flag)

    def run_begins(self, run: RunRecord, *, watched: bool = False) -> None:
        """Draw the run's state and keep it moving."""
        from rich.console import Console
        from rich.live import Live

        self._progress = Progress(run)
        if watched:
            self._progress.hint = "Another process drives it. Ctrl-C ends the watching only."
        console = Console(file=self._out, no_color=not self._color, highlight=False, markup=False, emoji=False)
        self._live = Live(
            self._progress, console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._print(run_title(run))
        for step in run.steps:
            if step.state in {"done", "skipped"}:
                self._print(*step_lines("done" if step.state == "done" else "skips", step.title, step.seconds, step.summary))
        self._live.start(refresh=True)
        self._drawer = threading.Thread(target=self._draw, name="display", daemon=True)
        self._drawer.start()

    def event(self, event: Event) -> None:
        """Take it in; what has come to an end is printed for good."""
        if self._broken:
            raise OSError("the terminal is gone") from self._broken
        if self._progress is None or self._live is None:
            return
        self._progress.take(event)
        if event.kind not in _QUIET_KINDS:
            self._print(*self._said(event))
        if event.kind != Kind.STEP_PROGRESS:
            self._live.refresh()

    def run_ends(self, run: RunRecord) -> None:
        """Take the moving part away; what it waits for stays."""
        if self._progress and run.state == "waiting":
            self._print(*step_lines("waits", self._progress.title, None, self._progress.remark))
        self._stop.set()
        if self._drawer:
            self._drawer.join()
        if self._live:
            self._live.stop()
        self._live = self._progress = self._drawer = None
        self._stop = threading.Event()

    def _draw(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            try:
                if self._live:
                    self._live.refresh()
            except (OSError, ValueError) as error:
                self._broken = error
                return

    def _said(self, event: Event) -> list[str]:
        marks = {Kind.STEP_DONE: "done", Kind.STEP_SKIPPED: "skips", Kind.STEP_UNDONE: "undone", Kind.STEP_FAILED: "failed"}
        if event.kind not in marks or event.step is None:
            return textwrap.wrap(f"  {sentence(event)}", WIDTH, subsequent_indent=" " * 9, break_on_hyphens=False)
        data: Mapping[str, Any] = event.data
        remark = f"[{data.get('key', 'failed')}]" if event.kind == Kind.STEP_FAILED else str(data.get("summary") or "")
        known = self._progress.title if self._progress and self._progress.last == event.step else step_title(event.step)
        return step_lines(marks[Kind(event.kind)], data.get("title") or known, data.get("seconds"), remark)

    def _print(self, *lines: str) -> None:
        from rich.text import Text

        if self._live is None:
            return
        for line in lines:
            text = Text(line)
            mark = line[2:9].strip()
            if mark in _COLORS:
                text.stylize(_COLORS[mark], 2, 9)
            self._live.console.print(text, soft_wrap=True)


def run_title(run: RunRecord) -> str:
    """The first line about a run: "run 7K3Q   19.10.000.170 -> 20.10.000.152"."""
    from orchestrator.display.pages.runs import title
    from orchestrator.views.runs import Run

    return f"run {run.id}   {title(Run.of(run))}"
