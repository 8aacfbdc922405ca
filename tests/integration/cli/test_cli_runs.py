from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import settings
from orchestrator.cli import group as cli
from orchestrator.runs.events import Event
from orchestrator.runs.site import Site
from orchestrator.runs.watch import watch

pytestmark = pytest.mark.integration

Say = Callable[..., tuple[int, list[dict[str, Any]]]]
MAIN = [sys.executable, "-m", "orchestrator.cli.main"]
ROOT = Path(__file__).parents[3]


def test_a_restart_is_told_event_by_event_and_then_remembered(say: Say) -> None:
    code, documents = say("restart", "--yes", "--reason", "new certificate")
    assert code == 0
    *events, end = documents
    kinds = [event["kind"] for event in events if event["kind"] != "step-progress"]
    assert kinds[0] == "run-started"
    assert kinds[-1] == "run-completed"
    assert (end["schema"], end["run"]["state"], end["run"]["reason"]) == ("orchestrate.restart/1", "completed", "new certificate")

    _, [listed] = say("runs", "--limit", "1")
    assert listed["runs"][0]["id"] == end["run"]["id"]
    _, [shown] = say("run", end["run"]["id"].lower(), "--log")
    assert [event["kind"] for event in shown["events"]] == kinds
    _, [watched] = say("watch", end["run"]["id"])
    assert watched["run"]["state"] == "completed"
    code, [error] = say("resume", end["run"]["id"])
    assert (code, error["key"]) == (2, "run-ended")


def test_a_run_that_waits_too_long_ends_with_4_and_is_resumed_or_aborted(say: Say, dispatch: Path) -> None:
    code, documents = say("restart", "--yes", "--wait", "0")
    assert (code, documents[-1]["run"]["state"]) == (4, "waiting")
    assert any("4711" in event["data"].get("reason", "") for event in documents[:-1])
    run_id = documents[-1]["run"]["id"]
    _, [status] = say("status")
    assert status["open_run"] == {"id": run_id, "workflow": "restart", "state": "waiting", "driven": False}
    _, [welcome] = say()
    assert f"orchestrate resume {run_id}" in welcome["next"][1]
    code, [error] = say("restart", "--yes")
    assert (code, error["key"]) == (3, "run-open")
    code, [error] = say("pause")
    assert (code, error["key"]) == (2, "run-not-driven")

    code, documents = say("resume", "--wait", "0")
    assert (code, documents[-1]["run"]["state"]) == (4, "waiting")
    code, documents = say("abort", "--yes")
    assert (code, documents[-1]["run"]["state"]) == (0, "undone")


@pytest.fixture
def driven(sandbox: Path, dispatch: Path) -> Any:
    """A restart that another process drives and that waits for mail; its process, and a terminal it is seen on."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*MAIN, "--site", str(sandbox), "restart", "--yes"], stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while b"4711" not in shown:
        shown += os.read(master, 65536)
    threading.Thread(target=_drain, args=(master,), daemon=True).start()
    yield process, master
    dispatch.unlink(missing_ok=True)
    process.wait(60)


def _drain(master: int) -> None:
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        return


def test_a_run_is_paused_from_elsewhere_and_goes_on_where_it_was(say: Say, driven: Any, dispatch: Path) -> None:
    process, master = driven
    code, [document] = say("pause")
    assert code == 0
    assert process.wait(30) == 4
    os.close(master)
    dispatch.unlink()
    code, documents = say("resume", document["run"])
    assert (code, documents[-1]["run"]["state"]) == (0, "completed")


def test_a_run_whose_terminal_goes_away_comes_to_its_end(say: Say, driven: Any, dispatch: Path) -> None:
    process, master = driven
    os.close(master)
    dispatch.unlink()
    process.wait(60)
    _, [listed] = say("runs", "--limit", "1")
    assert listed["runs"][0]["state"] == "completed"


def test_ctrl_c_pauses_safely_and_says_how_to_go_on(say: Say, driven: Any, dispatch: Path) -> None:
    process, master = driven
    process.send_signal(2)
    assert process.wait(30) == 4
    os.close(master)
    _, [listed] = say("runs", "--limit", "1")
    assert listed["runs"][0]["state"] == "paused"
    dispatch.unlink()
    assert say("resume")[0] == 0


def test_a_run_is_watched_from_another_process_until_it_ends(sandbox: Path, driven: Any, dispatch: Path) -> None:
    process, master = driven
    seen: list[Event] = []

    class Seen:
        def __getattr__(self, name: str) -> Any:
            return lambda *args, **more: None

        def event(self, event: Event) -> None:
            seen.append(event)

    threading.Timer(0.3, dispatch.unlink).start()
    with Site.open(settings.load(str(sandbox), {}), readonly=True) as site:
        run = watch(site, None, Seen(), poll=0.05)  # type: ignore[arg-type]
    assert process.wait(30) == 0
    os.close(master)
    assert run.state == "completed"
    assert seen[-1].kind == "run-completed"
    assert len({(event.time, event.kind, event.step) for event in seen}) == len(seen)


def test_ctrl_c_ends_the_watching_and_not_the_run(
    sandbox: Path, driven: Any, dispatch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    process, master = driven
    with monkeypatch.context() as patch:
        patch.setattr("orchestrator.runs.watch.time.sleep", interrupt)
        assert cli.run(["--site", str(sandbox), "watch"]) == 0
    assert "orchestrate watch" in capsys.readouterr().out
    assert process.poll() is None
    dispatch.unlink()
    assert process.wait(30) == 0
    os.close(master)


def test_a_run_left_by_a_killed_process_is_not_watched_for_ever(say: Say, driven: Any, dispatch: Path) -> None:
    process, master = driven
    process.kill()
    process.wait(10)
    os.close(master)
    code, documents = say("watch")
    assert documents[-1]["run"]["state"] in {"running", "waiting"}
    assert code in {1, 4}
    dispatch.unlink()
    assert say("resume")[0] == 0


def test_a_pipe_that_breaks_in_a_run_does_not_stop_it(say: Say, sandbox: Path) -> None:
    process = subprocess.Popen(
        [*MAIN, "--site", str(sandbox), "--json", "restart", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout
    assert process.stderr
    assert json.loads(process.stdout.readline())["kind"] == "run-started"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(60)
    _, [listed] = say("runs", "--limit", "1")
    assert listed["runs"][0]["state"] == "completed"
