"""A display that outlives its output: when the terminal or the pipe is gone, a run goes on unseen (DESIGN 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orchestrator.display.base import Display
from orchestrator.runs.events import Event

if TYPE_CHECKING:
    from orchestrator.views.document import View
    from state.journal import RunRecord


class LastingDisplay:
    """Hands everything on, until the output fails in a run; from then on it is silent about runs."""

    def __init__(self, inner: Display) -> None:
        self._inner = inner
        self.silent = False

    def show(self, lines: Sequence[str], view: View | None = None) -> None:
        """A report; a broken output is the caller's to know, unless it already broke in a run."""
        if not self.silent:
            self._inner.show(lines, view)

    def ask(self, question: str, flag: str) -> bool:
        """A question."""
        return self._inner.ask(question, flag)

    def run_begins(self, run: RunRecord, *, watched: bool = False) -> None:
        """A run is driven or watched from now on."""
        self._guard(lambda: self._inner.run_begins(run, watched=watched))

    def event(self, event: Event) -> None:
        """Something happened in it."""
        self._guard(lambda: self._inner.event(event))

    def run_ends(self, run: RunRecord) -> None:
        """It is no longer driven or watched."""
        self._guard(lambda: self._inner.run_ends(run))

    def _guard(self, tell: Callable[[], None]) -> None:
        if self.silent:
            return
        try:
            tell()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self.silent = True
