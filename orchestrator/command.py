"""The one runner of external commands: argument list, own environment, timeout, captured output, no shell."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflows.model.errors import WorkflowError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TAIL_LINES = 25


class CommandError(WorkflowError):
    """A command could not be run, took too long, or ended with an exit code that was not expected."""

    key = "command-failed"


@dataclass(frozen=True)
class Result:
    """What a command printed and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment every command gets: nothing inherited but what is named here."""
    return {"PATH": PATH, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **(extra or {})}


def tail(text: str, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of an output, each cut at 300 characters."""
    return [line[:300] for line in text.splitlines()[-lines:]]


def run(
    args: Sequence[str],
    *,
    timeout: float,
    expect: Sequence[int] | None = (0,),
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    input: str | None = None,  # noqa: A002
) -> Result:
    """Run a command to its end.

    Args:
        args: program and arguments; a secret never stands here.
        timeout: seconds.
        expect: exit codes that are no error; None takes any (the vendor's scripts lie, facts 11).
        env: added to the environment set by us.
        cwd: folder to run in.
        input: text for its standard input.

    Raises:
        CommandError: "command-missing", "command-timeout" or "command-failed".
    """
    shown = shlex.join(args)
    try:
        done = subprocess.run(
            list(args), capture_output=True, timeout=timeout, env=environment(env), cwd=cwd, input=input or "", check=False,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
    except FileNotFoundError as error:
        raise CommandError(f"cannot run {args[0]}: {error.strerror}", key="command-missing", command=shown) from error
    except PermissionError as error:
        raise CommandError(f"cannot run {args[0]}: {error.strerror}", key="command-missing", command=shown) from error
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace")
        raise CommandError(
            f"{args[0]} did not end within {timeout:.0f} s", key="command-timeout", command=shown, detail=tail(output)
        ) from error
    if expect is not None and done.returncode not in expect:
        raise CommandError(
            f"{args[0]} failed with exit code {done.returncode}",
            command=f"{shown}   exit {done.returncode}",
            detail=tail(done.stderr or done.stdout),
        )
    return Result(done.returncode, done.stdout, done.stderr)
