"""The commands of an audit: what they say, and how they end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.group import run
from orchestrator.runs.site import Site
from orchestrator.settings import Settings
from tests.documents import validate

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
LENGTH = 40  # entries of the site's ledger
Say = Callable[..., tuple[int, dict[str, Any]]]
Tamper = Callable[..., None]


@pytest.fixture
def site_file(site: Site, settings: Settings, tmp_path: Path) -> Path:
    """The site as a file that the command line takes."""
    values = {"name": settings.name, "home": settings.home, "packages": settings.packages, "state": settings.state,
              "backups": settings.backups}  # fmt: skip
    path = tmp_path / "site.toml"
    path.write_text("".join(f"{name} = {json.dumps(str(value))}\n" for name, value in values.items()))
    return path


@pytest.fixture
def say(site_file: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command with --json: its exit code and its document, held against its schema."""

    def command(*args: str) -> tuple[int, dict[str, Any]]:
        code = run(["--site", str(site_file), "--json", *args])
        [document] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        validate(document)
        return code, document

    return command


@pytest.fixture
def show(site_file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command for a person: its exit code and what it says."""

    def command(*args: str) -> tuple[int, str]:
        code = run(["--site", str(site_file), *args])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_history_tells_spans_and_runs(say: Say) -> None:
    code, history = say("history", "--component", "frontend")
    assert code == 0
    assert [span["version"] for span in history["spans"]][:2] == ["21.04.000.120", "20.10.000.152"]
    assert [run["outcome"] for run in history["runs"]] == ["completed", "undone", "completed", "completed"]
    assert history["head"]["seq"] == LENGTH


def test_history_at_a_time_tells_what_was_active_then(say: Say) -> None:
    code, history = say("history", "--at", "2026-01-01T12:00")
    assert code == 0
    assert {span["component"]: span["version"] for span in history["spans"]} == dict.fromkeys(
        ("runtime", "frontend", "backend", "manual"), "20.04.000.200"
    )
    assert history["at"] == "2026-01-01T12:00:00Z"


def test_history_as_csv_is_a_table_of_one_row_a_span_and_one_a_vain_attempt(show: Callable[..., tuple[int, str]]) -> None:
    code, said = show("history", "--csv")
    rows = list(csv.DictReader(said.splitlines()))
    assert code == 0
    assert {"component", "from", "to", "started", "seconds", "by", "reason", "run", "outcome", "origin"} <= set(rows[0])
    [attempt] = [row for row in rows if row["origin"] == "attempt"]
    assert (attempt["run"], attempt["outcome"], attempt["from"], attempt["to"]) == (
        "BAD1",
        "undone",
        "20.10.000.152",
        "21.04.000.120",
    )


@pytest.mark.parametrize("both", [("--csv", "--json"), ("--at", "2026-01-01", "--since", "2026-01-01")])
def test_what_cannot_go_together_is_refused(show: Callable[..., tuple[int, str]], both: tuple[str, ...]) -> None:
    code, said = show("history", *both)
    assert code == 2
    assert "options-conflict" in said


def test_a_checkpoint_is_kept_and_the_ledger_is_held_against_it(say: Say, site: Site) -> None:
    _, verified = say("audit", "verify")
    assert verified["checkpoint"] is None
    code, made = say("audit", "checkpoint")
    assert code == 0
    path = Path(made["path"])
    assert path.parent == site.settings.state / "checkpoints"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) | {"time": ""} == made["checkpoint"] | {"time": ""}
    code, verified = say("audit", "verify")
    assert (code, verified["ledger"]["sound"], verified["checkpoint"]["path"]) == (0, True, str(path))


def test_a_broken_ledger_ends_with_1_and_names_the_entry(show: Callable[..., tuple[int, str]], say: Say, tamper: Tamper) -> None:
    tamper("UPDATE ledger SET to_version = '99.99' WHERE kind = 'component-version' AND seq > 20 AND component = 'frontend'")
    code, said = show("audit", "verify")
    assert code == 1
    assert "was changed   [changed]" in said
    assert "99.99" in said
    code, verified = say("audit", "verify")
    assert (code, verified["ledger"]["problem"]["what"]) == (1, "changed")
    code, said = show("audit", "checkpoint")
    assert code != 0
    assert "ledger-broken" in said


def test_a_cut_ledger_shows_here_and_in_its_export(say: Say, tamper: Tamper, tmp_path: Path) -> None:
    _, made = say("audit", "checkpoint")
    tamper("DELETE FROM ledger WHERE seq > 30")
    code, verified = say("audit", "verify", "--checkpoint", made["path"])
    assert (code, verified["ledger"]["problem"]) == (1, {"seq": 31, "what": "truncated"})
    code, exported = say("audit", "export", str(tmp_path / "export"))
    assert (code, exported["ledger"]["sound"]) == (1, False)
    assert json.loads((tmp_path / "export" / "checkpoint.json").read_text())["seq"] == LENGTH


def test_an_export_that_is_there_is_refused_as_usage(say: Say, show: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, exported = say("audit", "export", str(tmp_path / "export"))
    assert (code, exported["changed"], len(exported["files"])) == (0, True, 5)
    code, said = show("audit", "export", str(tmp_path / "export"))
    assert code == 2
    assert "folder-exists" in said


def test_a_checkpoint_that_is_none_is_refused_as_usage(show: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, said = show("audit", "verify", "--checkpoint", str(tmp_path / "nothing.json"))
    assert code == 2
    assert "checkpoint-unreadable" in said
