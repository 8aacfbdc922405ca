"""The dialogue: a default and a reason for each question, a way back, and a summary that can be corrected."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.answers.dialogue import Dialogue
from orchestrator.answers.file import complete
from orchestrator.answers.questions import QUESTIONS
from workflows.model.errors import WorkflowError

HOST = {"name": "openemm.example.com"}
ASKED = [question.key for question in QUESTIONS if question.key not in {"certificate_key", "certificate_chain"}]


def _run(lines: list[str], given: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    answers = Dialogue(given or {}, io.StringIO("".join(f"{line}\n" for line in lines)), out).run(HOST)
    return answers, out.getvalue()


def test_enter_takes_every_default() -> None:
    answers, said = _run([""] * (len(ASKED) + 1))
    assert complete(answers) == complete(HOST)
    for question in QUESTIONS:
        if question.key in ASKED:
            assert question.ask in said
            assert question.why in " ".join(said.split())


def test_what_is_given_is_not_asked_but_shown_at_the_end() -> None:
    given: dict[str, str] = dict.fromkeys(ASKED, "") | {"mta": "sendmail", "url": "https://a.example.com"}
    answers, said = _run(["", ""], {key: value for key, value in given.items() if key != "name"})
    assert answers["mta"] == "sendmail"
    assert "Which mail server?" not in said
    assert "sendmail" in said


def test_one_can_go_back_and_answer_again() -> None:
    answers, _ = _run(["wrong.example.com", "<", "right.example.com", *[""] * len(ASKED)])
    assert answers["name"] == "right.example.com"
    assert answers["url"] == "http://right.example.com"


def test_an_unusable_answer_is_explained_and_asked_again() -> None:
    at = ASKED.index("mailloop_domain")
    lines = [*[""] * at, "openemm.example.com", "bounce.example.com", *[""] * (len(ASKED) - at)]
    answers, said = _run(lines)
    assert answers["mailloop_domain"] == "bounce.example.com"
    assert "the name of the server" in " ".join(said.split())


def test_the_key_of_a_certificate_is_asked_only_with_one() -> None:
    answers, said = _run(["", "/c.pem", "/k.pem", "", *[""] * len(ASKED)])
    assert (answers["certificate"], answers["certificate_key"]) == ("/c.pem", "/k.pem")
    assert answers["url"] == "https://openemm.example.com"
    assert "Its private key" in said
    assert "Its private key" not in _run([""] * (len(ASKED) + 1))[1]


def test_the_summary_lets_an_answer_be_changed_by_number_or_key() -> None:
    answers, _ = _run([*[""] * len(ASKED), "1", "other.example.com", "java", "17", ""])
    assert (answers["name"], answers["java"]) == ("other.example.com", "17")


def test_a_minus_leaves_an_answer_empty() -> None:
    answers, said = _run(["", "-", *[""] * len(ASKED)], {"database_name": "mails"})
    assert "certificate" not in answers
    assert "mails" in said


def test_the_end_of_the_input_does_nothing() -> None:
    with pytest.raises(WorkflowError) as caught:
        _run(["openemm.example.com"])
    assert caught.value.error_key == "declined"
