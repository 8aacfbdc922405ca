"""A runtime as its makers publish it: an archive with one folder at its top, unpacked with the care that OpenEMM's packages get.

It goes into the home, so root makes, names and removes it in a folder that is held, and that is the home's owner's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from orchestrator.acting import held
from orchestrator.files import fsync_folder
from orchestrator.releases.archive import Limits, list_members
from orchestrator.releases.contents import Contents
from orchestrator.releases.errors import PackageError
from orchestrator.releases.lines import part_of, remove
from orchestrator.releases.unpack import Package, judged, unpack
from workflows.model.errors import WorkflowError
from workflows.model.plans import PackageKind


@dataclass(frozen=True)
class RuntimeArchive:
    """A kind of them.

    link: what leads to it in the home. is_one: by the name of the one folder, and the paths of all members. not_one: the error
    for another file.
    """

    link: str
    is_one: Callable[[str, Collection[str]], bool]
    not_one: Callable[[Path], WorkflowError]

    def open(self, archive: Path) -> Package:
        """List and judge one; nothing is written.

        Raises:
            WorkflowError: that of `not_one`, or what reading it raises.
        """
        limits = Limits()
        if not archive.is_file():
            raise self.not_one(archive)
        try:
            listing = list_members(archive, limits=limits)
            tops = {member.parts[0] for member in listing.members}
            top = tops.pop() if len(tops) == 1 else ""
            if not self.is_one(top, {member.path for member in listing.members}):
                raise self.not_one(archive)
            return judged(archive, listing, Contents(PackageKind.RUNTIME, top), limits)  # any kind that may have nothing setuid
        except PackageError as error:
            raise self._told(archive, error) from error

    def unpack(self, package: Package, folder: Path) -> None:
        """Beside it first, whatever an earlier attempt left there; owned as the folder above.

        Raises:
            WorkflowError: what reading and writing it raises, or "home-not-his".
        """
        with held(folder.parent) as parent:
            new, status = parent / part_of(folder).name, parent.stat()
            remove(new)
            try:
                unpack(package, new, (status.st_uid, status.st_gid) if os.geteuid() == 0 else None)
            except PackageError as error:
                raise self._told(package.path, error) from error
            new.rename(parent / folder.name)
            fsync_folder(parent)

    def _told(self, archive: Path, error: PackageError) -> WorkflowError:
        return WorkflowError(
            error.message, key=error.error_key, detail=error.detail, unharmed=[f"{self.link}: as it was"],
            next=[f"gzip -t {archive}    whether the file is whole", "orchestrate resume    once it is"],
        )  # fmt: skip
