from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from orchestrator.cli.app import App
from orchestrator.cli.group import COMMANDS, build, run
from orchestrator.tool import TOOL_VERSION

HEAVY = ("sqlalchemy", "alembic", "pydantic", "rich", "requests", "pymysql", "transitions", "zstandard", "rfc8785")
ROOT = Path(__file__).parents[3]
MAIN = [sys.executable, "-m", "orchestrator.cli.main"]


def imported(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in out.stdout.splitlines()[-1].split()}


def all_commands() -> list[tuple[str, click.Command]]:
    group = build()
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", child) for sub, child in command.commands.items()]
    return found


def test_the_version_is_shown_without_importing_even_click() -> None:
    code = "sys.argv = ['orchestrate', '--version']\nfrom orchestrator.cli.main import main\nmain()"
    assert not imported(code) & {*HEAVY, "click", "json", "dataclasses"}


def test_a_command_imports_what_it_needs_only_when_it_runs() -> None:
    code = "from orchestrator.cli.group import COMMANDS, run\nfor name in COMMANDS: run([name, '--help'])\nrun(['--help'])"
    assert not imported(code) & set(HEAVY)


def test_the_version_is_that_of_the_package() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == TOOL_VERSION


def test_every_command_says_what_it_does_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for name, command in all_commands():
        assert command.help, name
        assert run([*name.split(), "--help"]) == 0
    assert run(["--help"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_global_options_stand_before_or_behind_every_command() -> None:
    for name, command in all_commands():
        options = {option for param in command.params for option in param.opts}
        assert {"--json", "--site", "--yes", "--quiet", "--no-color", "--debug"} <= options, name


@pytest.mark.parametrize("args", [["--json", "--site", "/nowhere", "status"], ["status", "--site", "/nowhere", "--json"]])
def test_an_error_is_data_with_json_wherever_it_stands(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["key"]) == ("orchestrate.error/1", "site-not-found")


@pytest.mark.parametrize(
    "args",
    [["staus"], ["plan"], ["plan", "--to"], ["status", "--frob"], ["upgrade", "--to", "20.10", "--on-failure", "hope"],
     ["upgrade", "--to", "20.10", "--wait", "soon"], ["history", "--at", "noonish"]],
)  # fmt: skip
def test_a_wrong_command_line_is_a_usage_error_with_a_next_command(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert "Usage:" not in out.err
    assert out.err.splitlines()[0].rstrip().endswith("]") or out.err.splitlines()[1].rstrip().endswith("]")


def test_a_question_nobody_can_answer_names_the_flag_that_does(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".openemm-sandbox").write_text("{}")
    assert run(["sandbox", "destroy", str(tmp_path)]) == 2
    assert "--yes" in capsys.readouterr().err
    assert tmp_path.exists()


def test_without_a_command_the_next_one_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_SITE", "/nowhere")
    assert run([]) == 0
    out = capsys.readouterr().out
    assert "orchestrate sandbox create /nowhere" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_group_without_a_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backup"]) == 2
    assert capsys.readouterr().err.startswith("Usage: orchestrate backup")
    assert run(["--json", "backup"]) == 2
    assert json.loads(capsys.readouterr().out)["message"] == "no command was given"


def test_a_group_tells_its_commands_in_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backup", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Restore a dump into an empty scratch server and compare it with what was dumped." in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_ask_for_its_completion(shell: str) -> None:
    environ = {**os.environ, "_ORCHESTRATE_COMPLETE": f"{shell}_source"}
    asked = subprocess.run(MAIN, env=environ, capture_output=True, text=True, cwd=ROOT, check=True)
    assert "_orchestrate_completion" in asked.stdout
    words = {"COMP_WORDS": "orchestrate up", "COMP_CWORD": "1", "_ORCHESTRATE_COMPLETE": "bash_complete"}
    told = subprocess.run(MAIN, env={**environ, **words}, capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout == "plain,upgrade\n"


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["--json", "backup"], ["run", "--json", "--site", "/nowhere"]])
def test_a_reader_that_leaves_early_gets_no_traceback_and_an_exit_code_of_ours(args: list[str]) -> None:
    process = subprocess.Popen([*MAIN, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() in {1, 2, 3}


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["no-such-command"], ["no-such-command", "--json"]])
@pytest.mark.parametrize("gone", [">&-", "2>&-", ">&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1"])
def test_whatever_became_of_its_outputs_the_exit_code_is_one_of_ours(args: list[str], gone: str) -> None:
    command = shlex.join([*MAIN, *args])
    assert subprocess.run(["sh", "-c", f"{command} {gone}"], capture_output=True, cwd=ROOT, check=False).returncode in {0, 1, 2}


def test_an_unexpected_error_ends_as_an_internal_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(self: App) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(App, "settings", property(boom))
    assert run(["status"]) == 1
    shown = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: boom" in shown
    assert "Traceback" not in shown
    assert run(["status", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
