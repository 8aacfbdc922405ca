"""Runs that are left, cut off from their terminal, or taken back: what they leave is whole (DESIGN 3 and 4)."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest
from upgrade_kit import MAIN, ROOT, Event, Stages, at, same

from orchestrator.hosts.scratch.private_server import PrivateServer
from tests.crash.bench import Picture

pytestmark = pytest.mark.integration


def follow(process: subprocess.Popen[str], on: Callable[[Event], None]) -> tuple[int, list[dict[str, Any]]]:
    """Read a process's events to its end; its exit code and its documents."""
    assert process.stdout
    assert process.stderr
    documents = []
    with process.stdout, process.stderr:
        for line in process.stdout:
            documents.append(json.loads(line))
            if "kind" in documents[-1]:
                on(documents[-1])
    return process.wait(60), documents


# --- pausing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["pause", "SIGINT"])
def test_a_run_is_paused_safely_in_its_middle_and_goes_on(first_hop: Stages, how: str) -> None:
    def ask() -> None:
        if how == "pause":
            assert first_hop.say("pause").code == 0
        else:
            process.send_signal(getattr(signal, how))

    process = first_hop.process("resume")
    code, documents = follow(process, at("step-started", "hop1.start", ask))
    assert (code, documents[-1]["run"]["state"]) == (4, "paused")
    first_hop.until("hop1.record")


def test_nobody_else_begins_while_a_run_is_driven(first_hop: Stages) -> None:
    answers = []
    process = first_hop.process("resume")

    def others() -> None:
        answers.append(first_hop.say("upgrade", "--to", "20.10", "--yes"))
        answers.append(first_hop.say("resume"))
        process.send_signal(signal.SIGINT)

    follow(process, at("step-started", "hop1.start", others))
    for answer in answers:
        error = answer.refused(3, "run-in-progress")
        assert f"pid {process.pid}" in error["message"]
    first_hop.say("upgrade", "--to", "20.10", "--yes").refused(3, "run-open")


def test_a_run_whose_terminal_goes_away_comes_to_its_end(one_hop: Stages, clean_20_04: Picture) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*MAIN, "--site", str(one_hop.host), "resume"], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while b"hop 1 links" not in shown:
        shown += os.read(master, 65536)
    process.send_signal(signal.SIGHUP)
    os.close(master)
    assert process.wait(60) in {0, 1}
    assert one_hop.say("runs").last["runs"][0]["state"] == "completed"
    same(clean_20_04, one_hop.picture(), ledger=True)


# --- SQL that fails ---------------------------------------------------------------------------------------------------


def break_sql(host: Stages) -> None:
    """What makes update 20.10.007 fail half-way: a column that it adds is there already; no row is touched."""
    host.query("ALTER TABLE bounce_translate_tbl ADD COLUMN rule_id INT NULL")


def mend_sql(host: Stages) -> None:
    host.query("ALTER TABLE bounce_translate_tbl DROP COLUMN rule_id")


def test_an_update_file_that_fails_half_way_is_gone_on_with_once_mended(second_hop: Stages, clean_20_10: Picture) -> None:
    break_sql(second_hop)
    before = second_hop.versions()
    error = second_hop.say("resume").failed("hop2.database", "sql-failed")
    assert "1060" in error["message"]
    assert any("-hop2, restored and compared" in line for line in error["unharmed"])
    assert before < second_hop.versions()  # it was half-way
    again = second_hop.say("resume").failed("hop2.database", "sql-failed")
    assert again["message"] == error["message"]
    mend_sql(second_hop)
    second_hop.say("resume").completed()
    same(clean_20_10, second_hop.picture(), ledger=True)


def test_an_abort_behind_a_failure_in_the_second_hop_leaves_the_host_as_it_was(second_hop: Stages, as_installed: Picture) -> None:
    break_sql(second_hop)
    second_hop.say("resume").failed("hop2.database", "sql-failed")
    answer = second_hop.say("abort", "--yes")
    assert (answer.code, answer.state) == (0, "undone"), answer.all[-3000:]
    same(as_installed, second_hop.picture())
    assert second_hop.application()


def test_a_failure_is_taken_back_by_the_run_itself_when_told_so(installed: Stages, as_installed: Picture) -> None:
    installed.hook("migration-exception", "reports")
    answer = installed.say("upgrade", "--to", "20.04", "--yes", "--on-failure", "undo")
    assert (answer.code, answer.state, answer.key) == (1, "undone", "migration-failed"), answer.all[-3000:]
    assert answer.last["run"]["headline"]["key"] == "migration-failed"
    installed.mend("migration-exception")
    same(as_installed, installed.picture())
    assert installed.application()


def test_a_dump_that_does_not_restore_stops_the_hop_until_it_does(installed: Stages) -> None:
    installed.query("CREATE TABLE of_the_site (n INT CHECK (n > 0))")
    with installed.server.connect("openemm") as connection, connection.cursor() as cursor:
        cursor.execute("SET check_constraint_checks = 0")
        cursor.execute("INSERT INTO of_the_site VALUES (-1)")
    answer = installed.say("upgrade", "--to", "20.04", "--yes")
    error = answer.failed("hop1.backup", "backup-does-not-restore")
    assert any("nothing of hop 1 has changed it" in line for line in error["unharmed"])
    assert "20.01.504" not in installed.versions()
    installed.query("DELETE FROM of_the_site")
    installed.until("hop1.runtime")


# --- the state on a server --------------------------------------------------------------------------------------------


def test_a_run_whose_state_lies_on_a_server_outlives_that_server(
    installed: Stages, clean_20_04: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PrivateServer(installed.folder / "state-server", small=True)
    server.create()
    server.start()
    try:
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE orchestrate CHARACTER SET utf8mb4")
        monkeypatch.setenv("ORCHESTRATE_STATE_URL", f"mysql+pymysql://root@localhost/orchestrate?unix_socket={server.socket}")

        def cut() -> None:
            server.kill()
            threading.Timer(1.0, server.start).start()

        cuts = [at("step-done", step, cut) for step in ("hop1.backup", "hop1.start")]
        installed.say("upgrade", "--to", "20.04", "--yes", on=lambda event: [cut(event) for cut in cuts] and None).completed()
        assert installed.say("audit", "verify").code == 0
        assert installed.say("runs").last["runs"][0]["state"] == "completed"
        assert not (installed.host / "state/state.db").exists()
        assert installed.picture().database == clean_20_04.database
    finally:
        server.destroy()
