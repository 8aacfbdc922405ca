"""For programs: one JSON document a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from orchestrator.display.base import Manner, Throttle, ask_terminal
from orchestrator.runs.events import Event
from orchestrator.views.document import as_document
from orchestrator.views.events import EventLine

if TYPE_CHECKING:
    from orchestrator.views.document import View
    from state.journal import RunRecord

PROGRESS_SECONDS = 1.0


class JsonDisplay:
    """Events as they come, a report as one document; each names its schema (docs/reference/json/)."""

    def __init__(self, out: TextIO, manner: Manner) -> None:
        self._out = out
        self._manner = manner
        self._throttle = Throttle(PROGRESS_SECONDS)

    def show(self, lines: Sequence[str], view: View | None = None) -> None:  # noqa: ARG002 - lines are for people
        """The view's document."""
        if view is not None:
            self._write(view)

    def ask(self, question: str, flag: str) -> bool:
        """Only --yes answers."""
        return ask_terminal(self._manner, self._out, question, flag)

    def run_begins(self, run: RunRecord, *, watched: bool = False) -> None:
        """Nothing: its events say it."""

    def event(self, event: Event) -> None:
        """The event as a line."""
        if not self._manner.quiet and self._throttle.passes(event):
            self._write(EventLine.of(event))

    def run_ends(self, run: RunRecord) -> None:
        """Nothing: the command's own document says how it ended."""

    def _write(self, view: View) -> None:
        self._out.write(json.dumps(as_document(view), ensure_ascii=False, allow_nan=False) + "\n")
        self._out.flush()
