"""Hand a mail to a program on its standard input, as bytes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from orchestrator.command import CommandError, run, tail


def give(args: Sequence[str], content: bytes, timeout: float, env: Mapping[str, str] | None = None) -> None:
    """Run the program to its end with this input. It ends with us: at the end of half a mail it would take the half.

    Raises:
        CommandError: "command-missing", "command-timeout", "command-output" or "mail-not-taken".
    """
    done = run(args, timeout=timeout, expect=None, env=env, input=content, ends_with_us=True)
    if done.exit_code:
        raise CommandError(
            f"{args[0]} did not take a mail", key="mail-not-taken", command=f"{shlex.join(args[:12])}   exit {done.exit_code}",
            detail=tail(done.stderr or done.stdout),
        )  # fmt: skip
