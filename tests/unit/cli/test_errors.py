from __future__ import annotations

import errno

import click
import pytest

from orchestrator import errors, redaction
from orchestrator.errors import as_text, told
from orchestrator.views.document import as_document
from orchestrator.views.errors import Error
from state.errors import LeaseHeldError, RunUnknownError
from workflows.model.errors import RefusedError, UsageError, WorkflowError


@pytest.mark.parametrize(
    ("error", "key", "code"),
    [
        (WorkflowError("x"), "failed", 1),
        (UsageError("x"), "usage", 2),
        (RefusedError("x", key="no-room"), "no-room", 3),
        (RunUnknownError("x"), "run-unknown", 2),
        (LeaseHeldError("x", holder=None), "run-in-progress", 3),
        (click.UsageError("No such option: --x"), "usage", 2),
        (click.Abort(), "interrupted", 1),
        (KeyboardInterrupt(), "interrupted", 1),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "permission-denied", 1),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "disk-full", 1),
        (ZeroDivisionError("division by zero"), "internal-error", 1),
    ],
)
def test_every_exception_has_one_key_and_one_exit_code(error: BaseException, key: str, code: int) -> None:
    assert (told(error).key, told(error).exit_code) == (key, code)


def test_an_error_is_told_with_its_command_output_what_is_unharmed_and_what_comes_next() -> None:
    error = WorkflowError(
        "cannot start 20.04.000.200: the application did not answer within 120 s",
        key="start-timeout",
        command="emm.sh start   exit 0",
        detail=["BeanCreationException", "caused by"],
        unharmed=["the dump 7K3Q-1"],
        next=["orchestrate resume    try again", "orchestrate abort     go back"],
    )
    assert as_text(error, where="run 7K3Q, hop 1 start, attempt 1") == [
        "cannot start 20.04.000.200: the application did not answer within 120 s",
        "                                                                 [start-timeout]",
        "  where     run 7K3Q, hop 1 start, attempt 1",
        "  command   emm.sh start   exit 0",
        "",
        "      BeanCreationException",
        "      caused by",
        "",
        "  unharmed  the dump 7K3Q-1",
        "  next      orchestrate resume    try again",
        "            orchestrate abort     go back",
    ]


def test_a_short_message_has_its_key_at_the_right_edge() -> None:
    line = as_text(UsageError("no run is open", key="no-open-run"))[0]
    assert line.startswith("no run is open ")
    assert line.endswith("[no-open-run]")
    assert len(line) == 80


def test_an_internal_error_shows_its_traceback_only_when_asked() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        1 / 0  # noqa: B018
    assert not any("Traceback" in line for line in as_text(raised.value))
    assert any("Traceback" in line for line in as_text(raised.value, debug=True))
    assert "traceback" not in as_document(Error.of(raised.value))
    assert as_document(Error.of(raised.value, debug=True))["traceback"]


@pytest.mark.parametrize(
    "text",
    [
        "cannot open mysql+pymysql://state:s3cret@db/orchestrate",
        "password=s3cret",
        'password: "s3cret"',
        "db_password = 's3cret'",
        "dbms=mariadb, user=openemm, password=s3cret, name=openemm",
        "MYSQL_PWD=s3cret",
    ],
)
def test_passwords_are_scrubbed_from_text_json_and_tracebacks(text: str) -> None:
    error = RuntimeError(text)
    assert "s3cret" not in "\n".join(as_text(error, debug=True))
    assert "s3cret" not in str(Error.of(error, debug=True))
    assert "s3cret" not in str(Error.of(WorkflowError("x", command=text, detail=[text])))


def test_what_was_told_to_be_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    errors.hide("tr0ub4dor")
    errors.hide(None)
    assert "tr0ub4dor" not in "\n".join(as_text(RuntimeError("access denied using tr0ub4dor")))
