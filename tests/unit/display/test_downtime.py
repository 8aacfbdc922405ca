from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.display.downtime import down_since
from orchestrator.display.pages import runs as page
from orchestrator.display.terminal import Progress
from orchestrator.errors import Told, as_text
from orchestrator.views.runs import Run

Make = Callable[..., Any]
told = Run.of
BEGAN = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
DONE: dict[str, Any] = {"state": "done", "ended": BEGAN + timedelta(seconds=7)}


def stopped(run: Make, state: str = "failed", **changes: Any) -> Any:
    record = run(state, **changes)
    return replace(record, steps=tuple(replace(step, **DONE) if step.name == "hop1.stop" else step for step in record.steps))


def test_mail_is_down_from_the_first_stop_until_the_backend_runs(run: Make) -> None:
    record = stopped(run)
    assert down_since(run().steps) is None
    assert down_since(record.steps) == BEGAN + timedelta(seconds=7)
    backend = replace(record.steps[-1], name="hop2.backend", state="done")
    assert down_since([*record.steps, backend]) is None


@pytest.mark.parametrize("state", ["failed", "paused", "waiting"])
def test_a_run_that_is_let_go_says_that_mail_is_down(state: str, run: Make) -> None:
    said = "mail is down since 2026-11-22 02:00:07 UTC"
    assert said in "\n".join(page.ending_lines(told(stopped(run, state))))
    assert said in "\n".join(page.lines(told(stopped(run, state)), None))
    assert said in (page.where(told(stopped(run, state))) or "")
    assert "mail is down" not in "\n".join(page.lines(told(stopped(run, "undone")), None))


def test_what_an_undone_run_never_began_is_not_called_to_do(run: Make) -> None:
    assert "todo" in "\n".join(page.lines(told(run("failed")), None))
    assert "todo" not in "\n".join(page.lines(told(run("undone")), None))


def test_a_terminal_says_since_when_mail_is_down(run: Make, event: Make) -> None:
    progress = Progress(run())
    progress.take(event("step-done", "hop1.stop", after=7))
    assert any("down since 02:00:07 UTC" in line for line in progress.lines())
    progress.take(event("step-undone", "hop1.stop", after=9))
    assert not any("down since" in line for line in progress.lines())


def test_a_long_event_goes_on_below_itself(run: Make, event: Make) -> None:
    note = event("note", "hop1.database", message="harmless error", file="a.sql", error="1061: " + "x y " * 30)
    lines = page.lines(told(run()), [note])
    assert any("a.sql, 1061: x" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_an_error_of_several_lines_is_told_below_itself() -> None:
    lines = as_text(
        Told("sql-failed", "cannot run", 1, detail=("CREATE TABLE t (\n  id INT\n)",)), where="run 7K3Q; mail is down"
    )
    assert lines[1:] == [
        "  where     run 7K3Q",
        " " * 12 + "mail is down",
        "",
        "      CREATE TABLE t (",
        "        id INT",
        "      )",
        "",
    ]


def test_a_next_command_stays_whole_and_its_remark_goes_below() -> None:
    command = "GRANT SELECT ON mysql.proc TO 'openemm'@'localhost';"
    following = (f"{command}    in the server, as root", "orchestrate resume    go on")
    lines = as_text(Told("dump-failed", "cannot dump", 1, next=following))
    assert lines[1:] == [f"  next      {command}", " " * 14 + "in the server, as root", " " * 12 + following[1]]
