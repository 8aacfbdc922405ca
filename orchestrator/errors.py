"""The one place that turns errors into words, JSON and exit codes (DESIGN 3.11 and 6; SCREENS)."""

from __future__ import annotations

import errno
import textwrap
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.files import OddFileError
from orchestrator.redaction import hide, scrub
from orchestrator.visible import visible
from state.errors import StateError
from workflows.model.errors import WorkflowError

__all__ = ["DONE", "FAILED", "STOPPED", "USAGE", "WAITING", "Told", "as_text", "hide", "scrub", "told"]
DONE, FAILED, USAGE, STOPPED, WAITING = range(5)
WIDTH = 80
_LABEL = 10


@dataclass(frozen=True)
class Told:
    """An error as people are told it; the fields are those of WorkflowError."""

    key: str
    message: str
    exit_code: int
    command: str | None = None
    detail: tuple[str, ...] = ()
    unharmed: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def told(error: BaseException) -> Told:
    """Any exception as an error with a key, an exit code (DESIGN 6) and the commands that come next."""
    if isinstance(error, WorkflowError | StateError):
        return _from_ours(error)
    if (usage := _from_click(error)) is not None:
        return usage
    if isinstance(error, KeyboardInterrupt):
        return Told("interrupted", "stopped from the keyboard", FAILED, next=("orchestrate status    whether a run is open",))
    if isinstance(error, OSError) and error.filename is not None:
        return _from_system(error)
    return Told(
        "internal-error",
        f"internal error: {type(error).__name__}: {error}",
        FAILED,
        next=("the same command with --debug    shows where", "orchestrate resume               when it broke off a run"),
    )


def as_text(error: BaseException | Told, *, debug: bool = False, where: str | None = None) -> list[str]:
    """The error as lines for people.

    Args:
        error: what was raised.
        debug: the traceback goes with it.
        where: run, step and attempt, when it happened in one.
    """
    what = error if isinstance(error, Told) else told(error)
    lines = _headline(scrub(what.message), what.key)
    lines += _labelled("where", where.split("; ") if where else [])
    lines += _labelled("command", [what.command] if what.command else [])
    lines += ["", *(f"      {line}" for text in what.detail for line in text.splitlines()), ""] if what.detail else []
    lines += _labelled("unharmed", what.unharmed)
    lines += _labelled("next", what.next)
    if debug and isinstance(error, BaseException):
        lines += ["", *(f"    {line}" for line in "".join(traceback.format_exception(error)).splitlines())]
    return [visible(scrub(line)) for line in lines]


def _headline(message: str, key: str) -> list[str]:
    """The message as one paragraph, for a line of its own could pass for the next command; the key at the right edge of its end.

    Where there is no room for it, it stands below.
    """
    tag = f"[{key}]"
    lines = textwrap.wrap(message, WIDTH, break_long_words=False, break_on_hyphens=False)
    last = lines[-1] if lines else ""
    if len(last) + len(tag) + 2 <= WIDTH:
        return [*lines[:-1], last + tag.rjust(WIDTH - len(last))]
    return [*lines, tag.rjust(WIDTH)]


def _labelled(label: str, values: Iterable[str]) -> list[str]:
    """Each value behind its label; a command stays whole, and what it is good for stands beside it, below it without room."""
    split = [value.partition(" " * 4) for value in values]
    room = WIDTH - _LABEL - 2
    fitting = [len(command) for command, gap, remark in split if gap and len(command) + 4 + len(remark.strip()) <= room]
    wide = max(fitting, default=0)
    lines: list[str] = []
    for command, gap, remark in split:
        beside = f"{command:<{wide}}    {remark.strip()}" if gap else command
        if len(beside) <= room:
            lines.append(beside)
        elif gap:
            lines += [command, f"  {remark.strip()}"]
        else:
            lines += textwrap.wrap(command, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [f"  {label if number == 0 else '':<{_LABEL}}{line}" for number, line in enumerate(lines)]


def _from_ours(error: WorkflowError | StateError) -> Told:
    return Told(error.error_key, error.message, error.exit_code, error.command, error.detail, error.unharmed, error.next)


def _from_click(error: BaseException) -> Told | None:
    import click

    no_command = getattr(click.exceptions, "NoArgsIsHelpError", ())
    if isinstance(error, click.Abort):
        return told(KeyboardInterrupt())
    if not isinstance(error, click.ClickException):
        return None
    message = "no command was given" if isinstance(error, no_command) else error.format_message().rstrip(".")
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "orchestrate"
    return Told("usage", message[:1].lower() + message[1:], USAGE, next=(f"{command} --help    what it takes",))


def system_key(error: OSError) -> str:
    """The key of what the operating system says."""
    return error.key if isinstance(error, OddFileError) else _SYSTEM_KEYS.get(error.errno or 0, "system-error")


_SYSTEM_KEYS = {
    errno.EACCES: "permission-denied",
    errno.EPERM: "permission-denied",
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EROFS: "read-only",
}


def _from_system(error: OSError) -> Told:
    if isinstance(error, OddFileError):
        return Told(
            OddFileError.key, f"cannot read {error.filename!s}: {error.strerror}", FAILED,
            unharmed=("everything: nothing of it was read",), next=(f"ls -lL {error.filename!s}    what it is",),
        )  # fmt: skip
    key = system_key(error)
    following = ("the same command as root",) if key == "permission-denied" else ()
    return Told(key, f"cannot use {error.filename!s}: {error.strerror}", FAILED, next=following)
