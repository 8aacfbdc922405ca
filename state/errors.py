"""The errors of what is remembered. Each has a stable kebab-case key, what happened and the commands that come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from state.lease import Holder


class StateError(Exception):
    """What is remembered cannot be read or written."""

    key: ClassVar[str] = "state"
    exit_code: ClassVar[int] = 1
    command: ClassVar[None] = None  # told as an error of a workflow is, of which state knows nothing
    detail: ClassVar[tuple[str, ...]] = ()
    unharmed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str, *, next: Sequence[str] = ()) -> None:  # noqa: A002
        """Build the error.

        Args:
            message: what happened, lower case, one cause, no full stop.
            next: commands to run next, each with a remark behind two or more blanks.
        """
        super().__init__(message)
        self.message = message
        self.error_key = self.key
        self.next = tuple(next)


class StoreMissingError(StateError):
    """There is no store yet: nothing was ever run for this host."""

    key = "store-missing"


class StoreTooNewError(StateError):
    """The store was written by a newer version of this tool; it was not touched."""

    key = "store-too-new"


class StoreOutdatedError(StateError):
    """The store was written by an older version of this tool and was opened for reading only."""

    key = "store-outdated"


class StoreForeignError(StateError):
    """The schema named for the store belongs to something else; it was not touched."""

    key = "store-foreign"


class StoreUnavailableError(StateError):
    """The store does not answer or refuses to be read or written."""

    key = "store-unavailable"


class RunUnknownError(StateError):
    """No run of that id is in the store."""

    key = "run-unknown"
    exit_code = 2


class ConflictError(StateError):
    """Somebody else changed the run in the meantime; nothing was written."""

    key = "journal-conflict"


class LeaseHeldError(StateError):
    """Another process works on this site; `holder` says which, None while it is just starting."""

    key = "run-in-progress"
    exit_code = 3

    def __init__(self, message: str, *, holder: Holder | None, next: Sequence[str] = ()) -> None:  # noqa: A002
        """Build the error.

        Args:
            message: who holds the site and since when.
            holder: the owner as recorded.
            next: commands to run next.
        """
        super().__init__(message, next=next)
        self.holder = holder
