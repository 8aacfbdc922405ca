"""The site's package source, and unpacking (facts 2 and 3, DESIGN 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workflows.host.backups import Progress
from workflows.model.plans import PackageRef, StagedTree
from workflows.model.values import PropertyFiles


@dataclass(frozen=True)
class Artefact:
    """A package file on this host, its digest checked. trust: "sums" (SHA256SUMS), "pinned" (ledger), "first-use"."""

    ref: PackageRef
    path: str
    size: int
    sha256: str
    trust: str


class Releases(Protocol):
    """The site's package source, and unpacking (facts 2 and 3, DESIGN 7)."""

    def available(self) -> Sequence[PackageRef]:
        """All packages the source offers."""

    def shipped(self, version: str) -> PropertyFiles | None:
        """The property files as that release shipped them, from a package on this host; None when there is none.

        A package that would have to be downloaded first is not looked into.
        """

    def fetch(self, ref: PackageRef, expected: str | None, progress: Progress) -> Artefact:
        """The package's file on this host, complete and with the expected digest; a cut download goes on where it ended."""

    def stage(self, artefact: Artefact) -> Sequence[StagedTree]:
        """Unpack beside what is active, safely; a tree that is already there in full is left as it is. Never touches a link."""

    def staged(self, artefact: Artefact) -> Sequence[StagedTree] | None:
        """The trees when they are all there in full, else None."""

    def unstage(self, trees: Sequence[StagedTree]) -> None:
        """Remove trees that `stage` made and no link points to."""
