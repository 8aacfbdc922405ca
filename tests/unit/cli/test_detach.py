"""What cannot be handed to systemd is said before anything is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.group import run
from orchestrator.runs import detach
from orchestrator.settings import load
from tests.remedies.follow import seen
from workflows.model.errors import UsageError

COMMANDS = [
    ["upgrade", "--to", "20.10"],
    ["rollback"],
    ["switch", "runtime", "20.04"],
    ["mta", "switch", "postfix"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_host_without_systemd_detaches_nothing(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(detach, "SYSTEMD", tmp_path / "none")
    assert run(["--json", *command, "--detach"]) == 2
    error = json.loads(capsys.readouterr().out)
    assert error["key"] == "detach-unavailable"
    assert "without --detach" in error["next"][0]


def test_a_systemd_too_old_to_order_what_it_runs_detaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detach, "SYSTEMD", tmp_path)
    monkeypatch.setattr(detach, "version", lambda: 234)
    with pytest.raises(UsageError, match="older than 236"):
        detach.refuse_unless_possible()


def test_a_password_of_the_environment_is_not_handed_to_a_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detach, "SYSTEMD", tmp_path)
    monkeypatch.setattr(detach, "version", lambda: 252)
    detach.refuse_unless_possible()
    monkeypatch.setenv("ORCHESTRATE_STATE_URL", "mysql+pymysql://orchestrate:secret@127.0.0.1/orchestrate")
    with pytest.raises(UsageError) as refused:
        detach.refuse_unless_possible()
    assert refused.value.error_key == "detach-secret"
    assert "secret@" not in str(refused.value)
    (way,) = refused.value.next
    seen(way)
    (tmp_path / "site.toml").write_text('state_url = "mysql+pymysql://orchestrate:secret@127.0.0.1/orchestrate"\n')
    monkeypatch.delenv("ORCHESTRATE_STATE_URL")
    detach.refuse_unless_possible()
    assert load(str(tmp_path), {}).state_url is not None


def test_the_settings_of_the_environment_go_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(detach, "run", lambda args, **_: called.append(args))
    monkeypatch.setattr(detach, "_see_begin", lambda *_: None)
    monkeypatch.setenv("ORCHESTRATE_SITE", "elsewhere")
    monkeypatch.setenv("ORCHESTRATE_HOME", "/srv/openemm")
    monkeypatch.chdir(tmp_path)
    assert detach.resume_detached(None, "2M9D", None) == "orchestrate-2m9d.service"  # type: ignore[arg-type]
    assert {"--same-dir", "--setenv=ORCHESTRATE_SITE=elsewhere", "--setenv=ORCHESTRATE_HOME=/srv/openemm"} <= set(called[0])
    detach.resume_detached(None, "2M9D", "site.toml")  # type: ignore[arg-type]
    assert f"--setenv=ORCHESTRATE_SITE={tmp_path}/site.toml" in called[1]
