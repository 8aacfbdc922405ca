"""The questions asked on a terminal: each with its reason and a default, a way back, and a summary before anything happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from orchestrator.answers.questions import BY_KEY, QUESTIONS, Question, checked
from orchestrator.display.pages.layout import paragraph
from orchestrator.visible import visible
from workflows.model.errors import RefusedError, WorkflowError

BACK, NOTHING = "<", "-"
INTRODUCTION = (
    "Enter takes what stands in brackets, < goes back, - leaves an answer empty.",
    "Nothing is changed before you have seen what would be.",
)


class Dialogue:
    """One dialogue over a pair of streams."""

    def __init__(self, given: Mapping[str, Any], read: TextIO, out: TextIO) -> None:
        """Begin with what is answered already; that is not asked again, but can be changed at the summary."""
        self._values: dict[str, Any] = dict(given)
        self._read = read
        self._out = out

    def run(self, suggestions: Mapping[str, str]) -> dict[str, Any]:
        """Ask everything that is not answered; the answers by key.

        Args:
            suggestions: defaults that were found out on this host.

        Raises:
            RefusedError: "declined", the input ended.
        """
        self._say(*INTRODUCTION)
        order = [question for question in QUESTIONS if question.key not in self._values]
        at = 0
        while at < len(order):
            at = max(0, at - 1) if self._ask(order[at], suggestions) is False else at + 1
            while 0 < at < len(order) and self._passed_over(order[at]):
                at += 1
        self._review(suggestions)
        return {key: value for key, value in self._values.items() if value != ""}

    def _passed_over(self, question: Question) -> bool:
        return question.key in {"certificate_key", "certificate_chain"} and not self._values.get("certificate")

    def _ask(self, question: Question, suggestions: Mapping[str, str]) -> bool:
        """False when the person wants to go back."""
        given = {key: value for key, value in self._values.items() if value != ""}
        default = str(given.get(question.key) or suggestions.get(question.key) or question.default(given) or "")
        shown = f" ({' or '.join(question.choices)})" if question.choices else ""
        self._say("", f"{question.ask}{shown}", *paragraph(question.why, 2))
        while True:
            said = self._line(f"  [{default}] ")
            if said == BACK:
                return False
            value = "" if said == NOTHING else said or default
            if not value and question.needed:
                self._say("  it cannot be left empty")
                continue
            try:
                self._values[question.key] = checked(question, value, given) if value else ""
            except WorkflowError as error:
                self._say(*paragraph(error.message, 2))
                continue
            return True

    def _review(self, suggestions: Mapping[str, str]) -> None:
        """Show all answers; a number changes one."""
        while True:
            shown = [question for question in QUESTIONS if self._values.get(question.key) not in (None, "")]
            self._say("", "Your answers:", *self._table(shown))
            said = self._line("Enter goes on; a number changes that answer, a key any other: ")
            if not said:
                return
            if said.isdecimal() and 0 < int(said) <= len(shown):
                self._ask(shown[int(said) - 1], suggestions)
            elif said in BY_KEY:
                self._ask(BY_KEY[said], suggestions)
            else:
                self._say(f"  there is no answer {said}")

    def _table(self, shown: list[Question]) -> Iterator[str]:
        wide = max(len(question.key) for question in shown)
        for number, question in enumerate(shown, start=1):
            yield f"  {number:>2}  {question.key:<{wide}}  {self._values[question.key]}"

    def _line(self, prompt: str) -> str:
        self._out.write(visible(prompt))
        self._out.flush()
        line = self._read.readline()
        if not line:
            raise RefusedError("nothing was done: the input ended", key="declined", unharmed=["everything is as it was"])
        return line.strip()

    def _say(self, *lines: str) -> None:
        self._out.write("".join(f"{visible(line)}\n" for line in lines))
