"""Hand a mail to a program on its standard input, as bytes."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence

from orchestrator.command import CommandError, environment, tail


def give(args: Sequence[str], content: bytes, timeout: float, env: Mapping[str, str] | None = None) -> None:
    """Run the program to its end with this input; `hosts.command.run` takes text only, and a mail may be of any bytes.

    Raises:
        CommandError: "command-missing", "command-timeout" or "mail-not-taken".
    """
    shown = shlex.join(args[:12])
    try:
        done = subprocess.run(args, input=content, capture_output=True, timeout=timeout, env=environment(env), check=False)
    except OSError as error:
        raise CommandError(f"cannot run {args[0]}: {error.strerror}", key="command-missing", command=shown) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{args[0]} did not end within {timeout:.0f} s", key="command-timeout", command=shown) from error
    if done.returncode:
        raise CommandError(
            f"{args[0]} did not take a mail", key="mail-not-taken", command=f"{shown}   exit {done.returncode}",
            detail=tail((done.stderr or done.stdout).decode(errors="replace")),
        )  # fmt: skip
