"""For logs, pipes and terminals that cannot move the cursor: one line an event, its time in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

from orchestrator.display.base import Manner, Throttle, ask_terminal
from orchestrator.display.sentences import sentence
from orchestrator.display.words import moment
from orchestrator.runs.events import Event

if TYPE_CHECKING:
    from orchestrator.views.document import View
    from state.journal import RunRecord

PROGRESS_SECONDS = 5.0


class PlainDisplay:
    """Lines, nothing else."""

    def __init__(self, out: TextIO, manner: Manner) -> None:
        self._out = out
        self._manner = manner
        self._throttle = Throttle(PROGRESS_SECONDS)

    def show(self, lines: Sequence[str], view: View | None = None) -> None:  # noqa: ARG002 - the view is for programs
        """The lines."""
        if not self._manner.quiet:
            self._write(*lines)

    def ask(self, question: str, flag: str) -> bool:
        """Asked on a terminal, else --yes must answer."""
        return ask_terminal(self._manner, self._out, question, flag)

    def run_begins(self, run: RunRecord, *, watched: bool = False) -> None:
        """Nothing: its events say it."""

    def event(self, event: Event) -> None:
        """The event as a line."""
        if not self._manner.quiet and self._throttle.passes(event):
            self._write(f"{moment(event.time)}Z  {event.run}  {sentence(event)}")

    def run_ends(self, run: RunRecord) -> None:
        """Nothing: its events said it."""

    def _write(self, *lines: str) -> None:
        self._out.write("".join(click.unstyle(line) + "\n" for line in lines))
        self._out.flush()
