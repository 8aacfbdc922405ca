"""What cannot be handed to systemd is said before anything is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.group import run
from orchestrator.services import detach

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
    with pytest.raises(detach.UsageError, match="older than 236"):
        detach.refuse_without_systemd()
