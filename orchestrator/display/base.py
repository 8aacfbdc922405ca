"""What every display can do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TextIO

from orchestrator.runs.events import Event, Kind
from workflows.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.views.document import View
    from state.journal import RunRecord


class Display(Protocol):
    """Where reports, questions and the events of a run go."""

    def show(self, lines: Sequence[str], view: View | None = None) -> None:
        """A report: lines for people, or the view that they show as a document."""

    def ask(self, question: str, flag: str) -> bool:
        """Ask yes or no; where nobody can answer, say which flag does.

        Raises:
            UsageError: "answer-missing".
        """

    def run_begins(self, run: RunRecord, *, watched: bool = False) -> None:
        """A run is driven from now on, or only watched: another process drives it."""

    def event(self, event: Event) -> None:
        """Something happened in it."""

    def run_ends(self, run: RunRecord) -> None:
        """It is no longer driven or watched; it may be resumed later."""


@dataclass(frozen=True)
class Manner:
    """How the person at the command line wants to be talked to."""

    json: bool = False
    yes: bool = False
    quiet: bool = False
    no_color: bool = False


def ask_terminal(manner: Manner, out: TextIO, question: str, flag: str) -> bool:
    """The answer of --yes, else that of the person at the terminal; Enter or the end of input is no.

    Raises:
        UsageError: "answer-missing", there is no terminal.
    """
    if manner.yes:
        return True
    if manner.json or not (sys.stdin.isatty() and out.isatty()):
        raise UsageError(
            f"cannot ask {question!r}: there is no terminal",
            key="answer-missing",
            unharmed=["nothing was changed"],
            next=[f"the same command with {flag}    answers yes"],
        )
    out.write(f"{question} [y/N] ")
    out.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


class Throttle:
    """Lets every event pass but progress, which passes at most once in so many seconds of a step."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: tuple[str | None, datetime] | None = None

    def passes(self, event: Event) -> bool:
        """Whether to show this event."""
        if event.kind != Kind.STEP_PROGRESS:
            return True
        if self._last and self._last[0] == event.step and (event.time - self._last[1]).total_seconds() < self._seconds:
            return False
        self._last = (event.step, event.time)
        return True
