"""The errors a workflow, a check or a host may raise, told the way a person at 2 a.m. needs them.

Every error has a stable kebab-case key, what happened, what is unharmed and the commands that come next. The exit codes
are those of the command line; orchestrator/errors.py is the one place that turns errors into words and exit codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class WorkflowError(Exception):
    """The step failed; the run can be resumed once the cause is gone."""

    key: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        command: str | None = None,
        detail: Sequence[str] = (),
        unharmed: Sequence[str] = (),
        next: Sequence[str] = (),  # noqa: A002
    ) -> None:
        """Build the error.

        Args:
            message: what happened, lower case, one cause, no full stop ("cannot start 20.04: ...").
            key: overrides the class's key.
            command: the command that failed with its exit code, secrets already removed.
            detail: the last lines of its output or what was measured, at most 25 lines.
            unharmed: what is known to be as before.
            next: commands to run next, each with a remark behind two or more blanks.
        """
        super().__init__(message)
        self.message = message
        self.error_key = key or self.key
        self.command = command
        self.detail = tuple(detail)
        self.unharmed = tuple(unharmed)
        self.next = tuple(next)

    def as_dict(self) -> dict[str, Any]:
        """What is persisted as a run's headline and shown with --json."""
        return {
            "key": self.error_key,
            "message": self.message,
            "command": self.command,
            "detail": list(self.detail),
            "unharmed": list(self.unharmed),
            "next": list(self.next),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> WorkflowError:
        """The error again, from what `as_dict` gave."""
        return WorkflowError(
            data["message"],
            key=data["key"],
            command=data.get("command"),
            detail=data.get("detail", ()),
            unharmed=data.get("unharmed", ()),
            next=data.get("next", ()),
        )


class UsageError(WorkflowError):
    """What was asked for cannot be meant; nothing was changed."""

    key = "usage"
    exit_code = 2


class RefusedError(WorkflowError):
    """A check or a gate stopped the run before it changed anything, or before the next thing it would change."""

    key = "refused"
    exit_code = 3


class UnsettledError(WorkflowError):
    """A statement in doubt after a crash that neither a mark nor a fingerprint can settle."""

    key = "statement-unsettled"


def refusing(ask: Callable[[], T]) -> T:
    """Ask, and make what the host says against it a refusal: nothing was changed."""
    try:
        return ask()
    except (RefusedError, UsageError):
        raise
    except WorkflowError as error:
        raise RefusedError(
            error.message, key=error.error_key, command=error.command, detail=error.detail,
            unharmed=error.unharmed or ["nothing was changed"], next=error.next,
        ) from error  # fmt: skip
