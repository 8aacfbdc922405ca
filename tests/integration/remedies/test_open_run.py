"""What is printed while a run is open, done as it is printed: it goes on, is taken back, paused or followed."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import CompletedProcess, Popen
from threading import Timer
from typing import Any

import pytest

from orchestrator.display.pages.runs import next_commands
from orchestrator.runs import start as running
from orchestrator.runs.site import Site
from orchestrator.settings import load
from orchestrator.views.runs import Run
from tests.integration.upgrade.upgrade_kit import Stages
from tests.remedies import table
from tests.remedies.follow import follow, seen, shown

pytestmark = pytest.mark.integration
BLOCK = "var/spool/META/AgnMail=D20200101120000=1=4711=1=x.xml.gz"
RESTART = ("restart", "--yes")
FAILED = "integration/remedies/test_open_run.py::test_a_run_that_failed_goes_on_or_back_once_the_cause_is_gone"
Do = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def host(stages: Stages) -> Stages:
    """On 19.10; each test leaves it running and without an open run."""
    stages.put_back("start")
    return stages


@pytest.fixture(autouse=True)
def left_well(host: Stages) -> Iterator[None]:
    """A test that failed spoils nothing for the next."""
    yield
    (host.home / BLOCK).unlink(missing_ok=True)
    if host.say("status").last["open_run"]:
        assert host.say("abort", "--yes").code == 0


@pytest.fixture
def block(host: Stages) -> Iterator[Path]:
    """A block of mail that waits: no stop while it is there."""
    block = host.home / BLOCK
    block.parent.mkdir(parents=True, exist_ok=True)
    block.touch()
    yield block
    block.unlink(missing_ok=True)


@pytest.fixture
def waiting(host: Stages, block: Path) -> str:
    """A run that waits for that mail and is left so."""
    answer = host.say(*RESTART, "--wait", "0")
    assert (answer.code, answer.state) == (4, "waiting"), answer.all[-2000:]
    return str(answer.last["run"]["id"])


@pytest.fixture
def do(host: Stages) -> Do:
    def followed(remedy: str, **more: Any) -> CompletedProcess[str]:
        return follow(remedy, site=host.host, **more)

    return followed


@contextmanager
def driven(host: Stages) -> Iterator[Popen[str]]:
    """A restart that another process drives and that waits."""
    process = host.process(*RESTART)
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        next(line for line in process.stdout if "4711" in line)
        yield process
        process.wait(60)


def state(host: Stages, run: str) -> str:
    return str(host.say("run", run).last["run"]["state"])


def ways(host: Stages, run: str) -> list[str]:
    """What comes next for a run, as its display says it."""
    with Site.open(load(str(host.host), {}), readonly=True) as site:
        return next_commands(Run.of(site.store.journal.load(run)))


def test_another_command_names_the_ways_on(host: Stages, block: Path, do: Do) -> None:
    for at, end in ((0, "completed"), (1, "undone")):
        block.touch()
        run = host.say(*RESTART, "--wait", "0").last["run"]["id"]
        error = host.say(*RESTART).refused(3, "run-open")
        block.unlink()
        do(error["next"][at])
        assert state(host, run) == end


def test_a_pause_of_a_run_that_nobody_drives_names_how_it_goes_on(host: Stages, waiting: str, block: Path, do: Do) -> None:
    (way,) = host.say("pause").refused(2, "run-not-driven")["next"]
    block.unlink()
    do(way)
    assert state(host, waiting) == "completed"


def test_status_and_the_welcome_name_how_it_goes_on(host: Stages, waiting: str, block: Path, do: Do) -> None:
    (way, _) = shown(do("orchestrate status").stdout)
    welcome = next(line for line in host.say().last["next"] if "resume" in line)
    block.unlink()
    do(way)
    assert state(host, waiting) == "completed"
    assert do(welcome, expect=(2,)).stderr.startswith(f"run {waiting} is completed")


def test_a_run_that_is_left_names_every_way_on(host: Stages, block: Path, do: Do) -> None:
    ways = shown(host.run(*RESTART, "--wait", "0", expect=4).stdout)
    assert [way.split()[1] for way in ways] == ["resume", "abort", "run"]
    resumes, aborts, run = ways
    block.unlink()
    do(run)
    do(resumes)
    block.touch()
    _, aborts, run = shown(host.run(*RESTART, "--wait", "0", expect=4).stdout)
    do(aborts)
    assert state(host, run.split()[2]) == "undone"


def test_who_comes_to_a_driven_run_can_follow_and_pause_it(host: Stages, block: Path, do: Do) -> None:
    with driven(host) as process:
        follows, pauses = host.say(*RESTART).refused(3, "run-in-progress")["next"]
        way = shown(do(pauses).stdout)[0]
        assert process.wait(60) == 4
    do(way, expect=(4,))
    run = host.say("status").last["open_run"]["id"]
    block.unlink()
    do(f"orchestrate resume {run}    go on with it")
    block.touch()
    with driven(host) as process:
        Timer(1.0, block.unlink).start()
        do(follows)
        assert process.wait(60) == 0


def test_a_driven_run_names_how_to_follow_and_pause_it(host: Stages, do: Do) -> None:
    process = host.process(*RESTART)
    assert process.stdout
    assert process.stderr
    with process, process.stdout, process.stderr:
        next(line for line in process.stdout if '"step-started"' in line and '.start"' in line)
        process.send_signal(signal.SIGSTOP)
        run = host.say("status").last["open_run"]["id"]
        follows, pauses, resumes = ways(host, run)
        (in_status, _) = shown(do("orchestrate status").stdout)
        welcome = next(line for line in host.say().last["next"] if "watch" in line)
        do(pauses)
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 4
    for way in (follows, in_status, welcome, "orchestrate watch", f"orchestrate watch {run}    follow it again"):
        do(way, expect=(4,))
    do(resumes)
    assert state(host, run) == "completed"


def test_a_run_that_has_ended_names_where_it_can_be_read(host: Stages, do: Do) -> None:
    run = host.say(*RESTART).last["run"]["id"]
    for way in host.say("resume", run).refused(2, "run-ended")["next"] + host.say("resume").refused(2, "no-open-run")["next"]:
        assert run in do(way).stdout
    for way in ways(host, run):
        do(way)


def test_what_is_forgotten_of_an_open_run_is_refused_and_it_goes_on(host: Stages, waiting: str, block: Path, do: Do) -> None:
    resumes, aborts = host.say("runs", "forget", waiting, "--yes").refused(2, "run-not-ended")["next"]
    do(aborts)
    assert state(host, waiting) == "undone"
    assert do(resumes, expect=(2,)).stderr.startswith(f"run {waiting} is undone")


def test_a_run_of_a_newer_tool_goes_on_once_that_is_installed(
    host: Stages, waiting: str, block: Path, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(host.host / "state/state.db")) as store, store:
        store.execute("UPDATE runs SET tool_version = '99.1.0' WHERE id = ?", (waiting,))
    block.unlink()
    (way,) = host.say("resume", waiting).refused(1, "run-newer")["next"]
    seen(way)
    monkeypatch.setattr(running, "TOOL_VERSION", way.removeprefix("install orchestrate ").partition(" ")[0])
    assert host.say(*way.partition("then: orchestrate ")[2].split()).code == 0
    assert state(host, waiting) == "completed"


# --- a run that failed -------------------------------------------------------------------------------------------------


def failing(host: Stages) -> str:
    """A run that failed because a script cannot be run, which is mended then."""
    script = host.home / "bin/emm.sh"
    mode = script.stat().st_mode
    script.chmod(0o644)
    answer = host.say(*RESTART)
    script.chmod(mode)
    assert (answer.code, answer.state) == (1, "failed"), answer.all[-2000:]
    return str(answer.last["run"]["id"])


@pytest.mark.parametrize(("command", "end"), [("orchestrate resume", "completed"), ("orchestrate abort", "undone")])
def test_a_run_that_failed_goes_on_or_back_once_the_cause_is_gone(
    host: Stages, do: Do, monkeypatch: pytest.MonkeyPatch, command: str, end: str
) -> None:
    monkeypatch.setenv("ORCHESTRATE_STOP_TIMEOUT", "6")  # what a stop gives processes to end, whatever its script said
    run = failing(host)
    named = [row.remedy for row in table.rows() if row.command == command and FAILED in row.run]
    assert named
    do(named[0])
    assert state(host, run) == end
    for remedy in named[1:]:
        seen(remedy)  # the same command, in the same state


# --- a restart that mends ---------------------------------------------------------------------------------------------


def finding(host: Stages, command: tuple[str, ...], key: str) -> dict[str, Any] | None:
    return next((f for f in host.say(*command).last["findings"] if f["key"] == key and f["severity"] != "passed"), None)


def test_an_application_that_does_not_answer_is_restarted(host: Stages, do: Do) -> None:
    host.by_hand("emm.sh", "stop")
    found = finding(host, ("check", "--to", "20.04"), "application-answers")
    assert found
    do(found["fix"])
    assert finding(host, ("check", "--to", "20.04"), "application-answers") is None


def test_a_backend_that_does_not_run_is_started(host: Stages, do: Do) -> None:
    host.by_hand("backend.sh", "stop")
    found = finding(host, ("doctor",), "backend-services")
    assert found
    do(found["fix"])
    assert finding(host, ("doctor",), "backend-services") is None
    assert host.say("status").last["backend_runs"]


def test_services_of_which_nothing_is_told_are_asked(host: Stages, do: Do) -> None:
    host.hook("status-fails")
    found = finding(host, ("doctor",), "backend-services")
    assert found
    assert "ImportError" in do(found["fix"], expect=(1,)).stderr
    host.mend("status-fails")
    do(found["fix"])
    assert finding(host, ("doctor",), "backend-services") is None


def test_blocks_that_nobody_takes_do_not_keep_the_restart_that_mends_it_waiting(host: Stages, block: Path, do: Do) -> None:
    os.utime(block, (time.time() - 3600, time.time() - 3600))
    found = finding(host, ("doctor",), "blocks-waiting")
    assert found
    do(found["fix"])
    assert block.exists()
    assert host.say("status").last["backend_runs"]


def test_a_mailing_that_stands_still_does_not_keep_the_restart_waiting(host: Stages, do: Do) -> None:
    host.query(
        "INSERT INTO maildrop_status_tbl (company_id, status_field, mailing_id, genstatus, gendate, genchange) "
        "VALUES (1, 'W', 4712, 2, NOW(), NOW() - INTERVAL 3 HOUR)"
    )
    try:
        found = finding(host, ("doctor",), "mailings-stalled")
        assert found
        do(found["fix"])
    finally:
        host.query("DELETE FROM maildrop_status_tbl WHERE mailing_id = 4712")


@pytest.mark.parametrize("change", ["lastresult = 'no'", "running = 1, laststart = NOW() - INTERVAL 6 HOUR"])
def test_a_job_that_failed_or_never_ends_does_not_keep_the_restart_waiting(host: Stages, do: Do, change: str) -> None:
    host.query("UPDATE job_queue_tbl SET nextstart = NOW() + INTERVAL 1 DAY WHERE nextstart IS NOT NULL")
    host.query(f"UPDATE job_queue_tbl SET {change} WHERE id = 2")
    try:
        found = finding(host, ("doctor",), "job-queue")
        assert found
        do(found["fix"])
    finally:
        host.query("UPDATE job_queue_tbl SET lastresult = 'OK', running = 0 WHERE id = 2")
    assert finding(host, ("doctor",), "job-queue") is None
