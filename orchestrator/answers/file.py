"""Answers as a TOML file: read, held against the questions, and written. No secret ever stands in it, only paths of files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestrator.answers.questions import BY_KEY, QUESTIONS, checked
from orchestrator.files import small_text, write_atomic
from workflows.model.answers import Answers, Verdict
from workflows.model.errors import UsageError

DIFFERENCES = "differences"


def read(path: Path) -> dict[str, Any]:
    """What a file answers, by key; paths in it are relative to it.

    Raises:
        UsageError: "answers-unreadable", "answer-unknown".
    """
    try:
        values = tomllib.loads(small_text(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"cannot read the answers in {path}: {said}", key="answers-unreadable", unharmed=["nothing was changed"],
            next=["orchestrate install --release VERSION --write-answers FILE    makes such a file out of a dialogue"],
        ) from None  # fmt: skip
    if unknown := [key for key in values if key not in BY_KEY and key != DIFFERENCES]:
        raise UsageError(
            f"{path} answers {unknown[0]!r}, which is not asked", key="answer-unknown", unharmed=["nothing was changed"],
            detail=[f"asked are {', '.join(BY_KEY)}"],
            next=["orchestrate install --help    every answer, as an option"],
        )  # fmt: skip
    for key, value in values.items():
        if key in BY_KEY and BY_KEY[key].path and isinstance(value, str) and value and "://" not in value:
            values[key] = str(path.absolute().parent / value)
    return values


def complete(given: Mapping[str, Any]) -> Answers:
    """The answers, defaults taken for what was not answered.

    Raises:
        UsageError: "answer-missing" naming key and option; "answer-unusable" and what the questions' checks raise.
    """
    values: dict[str, Any] = {}
    for question in QUESTIONS:
        value = given.get(question.key)
        if isinstance(value, bool) and question.yes_or_no:
            value = "yes" if value else "no"
        if value is None or value == "":
            value = question.default(values)
        if value is None:
            if question.needed:
                raise missing(question.key)
            continue
        if not isinstance(value, str):
            raise _unusable(f"{question.key} must be text")
        values[question.key] = checked(question, value, values)
    kept = {key: value == "yes" if BY_KEY[key].yes_or_no else value for key, value in values.items()}
    try:
        return _adapter().validate_python({**kept, DIFFERENCES: given.get(DIFFERENCES, {})})
    except ValidationError as error:
        item = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in item["loc"])
        raise _unusable(f"{where}: {item['msg'][:1].lower()}{item['msg'][1:]}") from None


def missing(key: str) -> UsageError:
    """The error of a question that must be answered, and was not."""
    question = BY_KEY[key]
    return UsageError(
        f"there is no answer to {key}: {question.ask}", key="answer-missing", detail=[question.why],
        unharmed=["nothing was changed"],
        next=[f"the same command with {question.option} VALUE", f'{key} = "..."    in the file of --answers'],
    )  # fmt: skip


def write(path: Path, answers: Answers) -> None:
    """Write them, so that `read` and `complete` give the same again; 0600, although there is no secret in it."""
    lines = []
    for question in QUESTIONS:
        value = getattr(answers, question.key)
        lines += [f"# {question.ask} {question.why}"]
        plain = value if isinstance(value, bool) else str(value) if value is not None else None
        lines += [f"{question.key} = {json.dumps(plain)}" if plain is not None else f'# {question.key} = ""', ""]
    lines += [f"[{DIFFERENCES}]", *(f"{json.dumps(key)} = {json.dumps(v.value)}" for key, v in answers.differences.items())]
    write_atomic(path, "\n".join(lines) + "\n", mode=0o600)


def schema() -> dict[str, Any]:
    """The JSON Schema of such a file."""
    made = _adapter().json_schema()
    for question in QUESTIONS:
        told = made["properties"][question.key]
        told["description"] = f"{question.ask} {question.why}"
    made["properties"][DIFFERENCES]["description"] = "What becomes of something that is configured otherwise, by its key."
    del made["description"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Answers of orchestrate install",
        "additionalProperties": False,
        "required": [],
    }


def with_verdicts(answers: Answers, verdicts: Mapping[str, Verdict]) -> Answers:
    """The answers with further verdicts on differences."""
    from dataclasses import replace

    return replace(answers, differences={**answers.differences, **verdicts})


def _adapter() -> TypeAdapter[Answers]:
    return TypeAdapter(Answers)


def _unusable(message: str) -> UsageError:
    return UsageError(f"cannot use the answers: {message}", key="answer-unusable", unharmed=["nothing was changed"])
