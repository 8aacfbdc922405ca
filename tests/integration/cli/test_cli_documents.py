from __future__ import annotations

import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.cli.group import run
from orchestrator.hosts.scratch.private_server import GUIDE_SQL_MODE, PrivateServer
from orchestrator.sandbox import host
from tests.documents import SCHEMAS

pytestmark = pytest.mark.integration

Say = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_every_schema_is_one_and_names_itself(path: Path) -> None:
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == path.name


def test_status_tells_what_really_runs(say: Say) -> None:
    code, [status] = say("status")
    assert code == 0
    assert status["answers"] == "19.10.000.170"
    assert status["components"]["frontend"] == "19.10.000.170"
    assert status["database"]["missing"] == []
    assert status["backend_runs"]
    assert (status["dispatches"], status["problems"]) == ([], {})


def test_status_says_what_it_cannot_tell(say: Say, sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_DATABASE_SOCKET", "/nowhere.sock")
    monkeypatch.setenv("ORCHESTRATE_HTTP", "http://127.0.0.1:9")
    monkeypatch.setenv("ORCHESTRATE_STATE", str(sandbox / "not-there"))
    code, [status] = say("status")
    assert code == 0
    assert (status["database"], status["dispatches"], status["answers"], status["open_run"]) == (None, None, None, None)
    assert "database" in status["problems"]
    assert not (sandbox / "not-there").exists()


def test_status_names_mail_on_its_way(say: Say, dispatch: Path) -> None:
    _, [status] = say("status")
    assert "4711" in status["dispatches"][0]


def test_check_ends_with_0_when_nothing_stops_an_upgrade(say: Say) -> None:
    code, [check] = say("check", "--to", "20.10")
    assert (code, check["stopped"]) == (0, False)
    assert check["findings"]


def test_check_plan_and_upgrade_end_with_3_when_a_check_stops_them(say: Say, sandbox: Path) -> None:
    with host.database(sandbox).connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'")
        try:
            code, [check] = say("check", "--to", "20.10")
            assert (code, check["stopped"]) == (3, True)
            code, [plan] = say("plan", "--to", "20.10")
            assert code == 3
            assert "inhibitor" in [finding["severity"] for finding in plan["findings"]]
            code, [error] = say("upgrade", "--to", "20.10", "--yes")
            assert (code, error["schema"]) == (3, "orchestrate.error/1")
            assert say("runs")[1][0]["runs"] == [] or say("runs")[1][0]["runs"][0]["workflow"] != "upgrade"
        finally:
            cursor.execute("SET GLOBAL sql_mode = %s", (GUIDE_SQL_MODE,))


def test_a_plan_names_its_hops_and_changes_nothing(say: Say, sandbox: Path) -> None:
    code, [plan] = say("plan", "--to", "20.10", "--diagram", "--window", "22:00-04:30", "--wait", "30m")
    assert code == 0
    assert [hop["target"] for hop in plan["plan"]["hops"]] == ["20.04.000.200", "20.10.000.152"]
    assert plan["plan"]["gate"] == {"wait": 1800.0, "window": "22:00-04:30", "ignore_dispatch": False}
    assert "stateDiagram" in plan["diagram"]
    assert (sandbox / "home/webapps/emm").resolve().name == "openemm-gui-19.10.000.170"


def test_a_command_with_diagram_draws_the_run_that_it_would_begin_and_begins_none(say: Say) -> None:
    before = say("runs")[1][0]["runs"]
    code, [drawn] = say("restart", "--diagram")
    assert (code, drawn["schema"], drawn["workflow"]) == (0, "orchestrate.diagram/1", "restart")
    assert "restart_stop --> restart_start: step_done" in drawn["diagram"]
    assert say("runs")[1][0]["runs"] == before


@pytest.mark.parametrize("command", ["plan", "upgrade"])
def test_there_is_nothing_to_do_when_the_target_runs(command: str, say: Say) -> None:
    code, [document] = say(command, "--to", "19.10.000.170")
    assert (code, document["changed"]) == (0, False)


@pytest.mark.parametrize(
    ("args", "key", "code"),
    [
        (["plan", "--to", "20.x"], "version-malformed", 2),
        (["plan", "--to", "19.04"], "target-older", 2),
        (["plan", "--to", "21.04"], "line-missing", 3),
        (["upgrade", "--to", "20.10", "--window", "25:00-26:00"], None, 2),
        (["upgrade", "--to", "20.10"], "answer-missing", 2),
        (["restart"], "answer-missing", 2),
        (["resume"], "no-open-run", 2),
        (["watch"], "no-open-run", 2),
        (["run", "nope"], "run-unknown", 2),
        (["backup", "verify", "nope"], "backup-unknown", 2),
        (["packages", "verify", "nope.tar.gz"], "package-unknown", 2),
    ],
)
def test_bad_input_ends_with_a_key_and_its_exit_code(args: list[str], key: str | None, code: int, say: Say) -> None:
    found, [error] = say(*args)
    assert (found, error["exit_code"], error["schema"]) == (code, code, "orchestrate.error/1")
    assert key is None or error["key"] == key


def test_packages_are_listed_and_verified(say: Say, sandbox: Path) -> None:
    _, [listed] = say("packages", "list")
    assert len(listed["packages"]) == len(list((sandbox / "packages").glob("*.tar.gz")))
    code, [verified] = say("packages", "verify", "openemm-gui-20.04.000.200.tar.gz")
    assert (code, verified["sound"]) == (0, True)
    assert verified["packages"][0]["trust"] == "sums"


def test_a_package_that_was_changed_ends_with_1_and_is_named(say: Say, sandbox: Path) -> None:
    file = sandbox / "packages/openemm-manual-20.10.000.003.tar.gz"
    before = file.read_bytes()
    file.write_bytes(before + b"x")
    try:
        code, [verified] = say("packages", "verify", file.name)
    finally:
        file.write_bytes(before)
    assert (code, verified["sound"]) == (1, False)
    assert verified["packages"][0]["error"]


def test_a_backup_is_made_proven_listed_and_recorded(say: Say) -> None:
    _, [before] = say("status")
    code, [made] = say("backup", "create", "--no-verify")
    name = made["backup"]["id"]
    assert (code, made["backup"]["verified"]) == (0, None)
    _, [unproven] = say("status")
    code, [proven] = say("backup", "verify", name)
    assert code == 0
    assert proven["backup"]["verified"]
    _, [listed] = say("backup", "list")
    assert name in [backup["id"] for backup in listed["backups"]]
    assert unproven["last_backup"] == before["last_backup"]
    _, [status] = say("status")
    assert status["last_backup"] not in (None, before["last_backup"])
    _, [audit] = say("audit", "verify")
    assert audit["ledger"]["sound"]
    assert audit["ledger"]["entries"] >= 3


def test_without_a_store_there_is_no_run_and_no_history_yet(say: Say, sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_STATE", str(sandbox / "not-there"))
    assert say("runs") == (0, [{"schema": "orchestrate.runs/1", "runs": []}])
    code, [history] = say("history")
    assert (code, history["spans"]) == (0, [])
    assert not (sandbox / "not-there").exists()


def test_a_store_that_cannot_be_read_is_told_and_the_rest_of_the_status_too(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no store" * 100)
    monkeypatch.setenv("ORCHESTRATE_STATE", str(tmp_path))
    code, [status] = say("status")
    assert (code, status["answers"], list(status["problems"])) == (0, "19.10.000.170", ["store"])


def test_status_reads_a_store_on_a_server_too(
    say: Say, mariadb: PrivateServer, dispatch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE status_state")
    user = pwd.getpwuid(os.geteuid()).pw_name
    monkeypatch.setenv("ORCHESTRATE_STATE_URL", f"mysql+pymysql://{user}@localhost/status_state?unix_socket={mariadb.socket}")
    _, [status] = say("status")
    assert (status["open_run"], status["problems"]) == (None, {})
    assert say("restart", "--yes", "--wait", "0")[0] == 4
    _, [status] = say("status")
    assert status["open_run"]["state"] == "waiting"
    assert say("abort", "--yes")[0] == 0


def test_a_sandbox_is_made_stopped_started_and_removed(open_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = open_folder / "another"
    for args in (["create", str(folder)], ["stop", str(folder)], ["start", str(folder)], ["destroy", str(folder), "--yes"]):
        assert run(["--json", "sandbox", *args]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["schema"] == "orchestrate.sandbox/1"
        assert folder.exists() is (args[0] != "destroy")
    assert run(["sandbox", "destroy", str(folder), "--yes"]) == 3
    assert "sandbox-missing" in capsys.readouterr().err


def test_the_welcome_names_the_next_command(say: Say, sandbox: Path) -> None:
    _, [welcome] = say()
    assert any("orchestrate plan --to" in line for line in welcome["next"])
    assert host.MARKER in {path.name for path in sandbox.iterdir()}
