"""Answers as a file: what is missing, unknown or unusable is said with its key, and what was written is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.answers import file as answers_file
from orchestrator.answers.questions import QUESTIONS
from workflows.model.answers import Answers, Mta, Verdict
from workflows.model.errors import WorkflowError

NEEDED = {"name": "openemm.example.com", "url": "https://openemm.example.com", "mailloop_domain": "mailing.example.com"}


def _refused(given: dict[str, object]) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        answers_file.complete(given)
    return caught.value


def test_defaults_are_taken_for_what_is_not_answered() -> None:
    answers = answers_file.complete({"name": "openemm.example.com"})
    assert (answers.url, answers.mailloop_domain) == ("http://openemm.example.com", "mailloop.example.com")
    assert (answers.mta, answers.firewall, answers.start, answers.database) == (Mta.POSTFIX, True, True, "local")


def test_with_a_certificate_the_url_is_encrypted() -> None:
    assert answers_file.complete({"name": "a.example.com", "certificate": "/c.pem"}).url == "https://a.example.com"


def test_what_must_be_answered_is_named_with_its_option() -> None:
    error = _refused({})
    assert error.error_key == "answer-missing"
    assert error.exit_code == 2
    assert "--name VALUE" in error.next[0]


@pytest.mark.parametrize(
    ("changed", "key", "says"),
    [
        ({"url": "openemm.example.com"}, "config-value-malformed", "https://openemm.example.com"),
        ({"url": "https://openemm.example.com/emm"}, "config-value-malformed", "nothing else"),
        ({"mailloop_domain": "openemm.example.com"}, "mailloop-is-server", "the name of the server"),
        ({"mailloop_domain": "https://mailing.example.com"}, "config-value-malformed", "without protocol"),
        ({"name": "openemm"}, "config-value-malformed", "no full name"),
        ({"mta": "exim"}, "answer-unusable", "postfix or sendmail"),
        ({"firewall": "maybe"}, "answer-unusable", "yes or no"),
        ({"java": 11}, "answer-unusable", "java must be text"),
        ({"differences": {"limits.nofile": "drop"}}, "answer-unusable", "differences.limits.nofile"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_by_its_key(changed: dict[str, object], key: str, says: str) -> None:
    error = _refused({**NEEDED, **changed})
    assert error.error_key == key
    assert says in error.message
    assert error.unharmed


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    answers = Answers(
        url="https://openemm.example.com", name="openemm.example.com", mailloop_domain="mailing.example.com", mta=Mta.SENDMAIL,
        firewall=False, tomcat="/opt/tomcat", differences={"limits.nofile": Verdict.KEEP},
    )  # fmt: skip
    answers_file.write(tmp_path / "answers.toml", answers)
    assert answers_file.complete(answers_file.read(tmp_path / "answers.toml")) == answers
    assert (tmp_path / "answers.toml").stat().st_mode & 0o777 == 0o600


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text('packages = "packages"\ncertificate = "tls/c.pem"\nmta = "postfix"\n')
    read = answers_file.read(tmp_path / "answers.toml")
    assert read == {"packages": f"{tmp_path}/packages", "certificate": f"{tmp_path}/tls/c.pem", "mta": "postfix"}


def test_a_url_of_packages_stays_one(tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text('packages = "https://packages.example.com"\n')
    assert answers_file.read(tmp_path / "answers.toml")["packages"] == "https://packages.example.com"


@pytest.mark.parametrize(
    ("text", "key"), [("ulr = 'x'", "answer-unknown"), ("url = ", "answers-unreadable"), (None, "answers-unreadable")]
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, text: str | None, key: str) -> None:
    if text is not None:
        (tmp_path / "answers.toml").write_text(text)
    with pytest.raises(WorkflowError) as caught:
        answers_file.read(tmp_path / "answers.toml")
    assert caught.value.error_key == key


def test_the_schema_knows_every_question_and_its_reason() -> None:
    schema = answers_file.schema()
    assert set(schema["properties"]) == {question.key for question in QUESTIONS} | {"differences"}
    assert schema["additionalProperties"] is False
    for question in QUESTIONS:
        assert question.why in schema["properties"][question.key]["description"]
    json.dumps(schema)
