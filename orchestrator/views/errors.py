"""What an error says to programs."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from orchestrator.errors import FAILED, STOPPED, USAGE, WAITING, scrub, told
from orchestrator.views.document import Says, optional


@dataclass(frozen=True, kw_only=True)
class Error:
    """Any command that fails; secrets are left out."""

    schema: Literal["orchestrate.error/1"] = "orchestrate.error/1"
    key: str
    """Stable, kebab-case."""
    message: str
    exit_code: Annotated[int, Says(enum=[FAILED, USAGE, STOPPED, WAITING])]
    command: str | None
    """What failed, with its exit code."""
    detail: tuple[str, ...]
    unharmed: tuple[str, ...]
    next: tuple[str, ...]
    """Commands to run next."""
    traceback: tuple[str, ...] | None = optional()
    """With --debug."""

    @classmethod
    def of(cls, error: BaseException, *, debug: bool = False) -> Error:
        """Any exception as it is told. debug: the traceback goes with it."""
        what = told(error)
        return cls(
            key=what.key,
            message=scrub(what.message),
            exit_code=what.exit_code,
            command=scrub(what.command) if what.command is not None else None,
            detail=_scrubbed(what.detail),
            unharmed=_scrubbed(what.unharmed),
            next=_scrubbed(what.next),
            traceback=_scrubbed("".join(traceback.format_exception(error)).splitlines()) if debug else None,
        )


def _scrubbed(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(scrub, lines))
