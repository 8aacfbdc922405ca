"""Folders that a step makes for its files, and takes away again when nothing else came to lie in them."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.errors import WorkflowError
from workflows.setup.host import Setup

WRITTEN = "# Written by orchestrate"


def missing(setup: Setup, folders: Iterable[str]) -> list[str]:
    """Those that are not there, for a step's `seen`."""
    return [folder for folder in folders if setup.files.mode(folder) is None]


def remove(setup: Setup, folders: Iterable[str]) -> None:
    """Remove those that are empty, the last first."""
    for folder in reversed(list(folders)):
        setup.files.remove_folder(folder)


def require_accepted(path: str, said: Iterable[str], key: str) -> None:
    """See that the owner of a file says nothing against what shall stand in it.

    Raises:
        WorkflowError: with that key.
    """
    if lines := list(said):
        raise WorkflowError(
            f"cannot write {path}: what was made of it is refused", key=key, detail=lines, unharmed=[f"{path}: as it was"],
            next=["orchestrate abort    takes the run back"],
        )  # fmt: skip
