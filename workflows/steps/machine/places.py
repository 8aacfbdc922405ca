"""Folders that a step makes for its files, and takes away again when nothing else came to lie in them."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.host import Host
from workflows.model.errors import WorkflowError

WRITTEN = "# Written by orchestrate"
MOST_LINKS = 20


def missing(host: Host, folders: Iterable[str]) -> list[str]:
    """Those that are not there, for a step's `seen`."""
    return [folder for folder in folders if host.files.mode(folder) is None]


def remove(host: Host, folders: Iterable[str]) -> None:
    """Remove those that are empty, the last first."""
    for folder in reversed(list(folders)):
        host.files.remove_folder(folder)


def inside(host: Host, path: str, folder: str) -> bool:
    """Whether a path below a folder still leads there when its links are followed.

    Root must not chown or write what a user's own link leads to: it might be anybody's.
    """
    waiting, at, links = path.split("/"), "", 0
    while waiting:
        name = waiting.pop(0)
        if name in {"", "."}:
            continue
        if name == "..":
            at = at.rpartition("/")[0]
            continue
        link = host.files.read_link(f"{at}/{name}")
        below = f"{at}/{name}".startswith(f"{folder}/")
        if link is None or not below:  # above the folder, links are not the user's
            at = f"{at}/{name}"
            continue
        links += 1
        if links > MOST_LINKS:
            return False
        at, waiting = ("" if link.startswith("/") else at), [*link.split("/"), *waiting]
    return at.startswith(f"{folder}/")


def require_accepted(path: str, said: Iterable[str]) -> None:
    """See that the owner of a file says nothing against what shall stand in it.

    Raises:
        WorkflowError: "file-refused".
    """
    if lines := list(said):
        raise WorkflowError(
            f"cannot write {path}: what was made of it is refused", key="file-refused", detail=lines,
            unharmed=[f"{path}: as it was"], next=["orchestrate abort    takes the run back"],
        )  # fmt: skip
