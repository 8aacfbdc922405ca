"""What was unpacked from which package: the proof that a release tree is there in full.

One file a package in <state>/staged/, in a folder that OpenEMM's own user cannot write to. It is written, incomplete, before
a tree gets its name, and complete after all of them have theirs. The digest is of the tree as unpacked: what the site brings in
later (carried values, .new files) is no damage, so that only the presence of the top names is looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestrator.files import fsync_folder, make_folder, small_text, write_atomic
from orchestrator.releases.names import stem
from workflows.model.plans import Component, PackageKind, StagedTree

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """A tree of a package. tops: the names at its top. made: we made it; else it was there with the same content."""

    tree: StagedTree
    tops: tuple[str, ...]
    made: bool


@dataclass(frozen=True)
class KeptFile:
    """A package file kept in the home. path: relative to it; made: as for a tree."""

    path: str
    made: bool


@dataclass(frozen=True)
class Manifest:
    """What came of one package. complete: every tree has its name and every file is there."""

    package: str
    sha256: str
    records: tuple[Record, ...]
    files: tuple[KeptFile, ...] = ()
    complete: bool = False

    @property
    def trees(self) -> tuple[StagedTree, ...]:
        """The trees in the order they were unpacked."""
        return tuple(record.tree for record in self.records)


class Manifests:
    """The folder of manifests."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when it is needed."""
        self.folder = folder

    def read(self, package: str) -> Manifest | None:
        """The manifest of a package file of that name, or None when there is none that can be read."""
        return _parse(self._file(package))

    def all(self) -> Iterator[Manifest]:
        """All manifests, in the order of their names."""
        files = sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []
        yield from (manifest for file in files if (manifest := _parse(file)))

    def write(self, manifest: Manifest) -> None:
        """Write a manifest durably."""
        make_folder(self.folder, 0o700)
        data = {"format": FORMAT, **asdict(manifest)}
        write_atomic(self._file(manifest.package), json.dumps(data, indent=1, sort_keys=True), 0o600)

    def remove(self, package: str) -> None:
        """Forget a package."""
        self._file(package).unlink(missing_ok=True)
        fsync_folder(self.folder)

    def _file(self, package: str) -> Path:
        return self.folder / f"{stem(package)}.json"


def _parse(file: Path) -> Manifest | None:
    """None also for what is not of this format: the trees are then proven anew, by comparing them with the package."""
    try:
        data = json.loads(small_text(file))
        if data.pop("format") != FORMAT:
            return None
        records = tuple(_record(item["tree"], item["tops"], made=item["made"]) for item in data["records"])
        files = tuple(KeptFile(item["path"], item["made"]) for item in data["files"])
        return Manifest(data["package"], data["sha256"], records, files, data["complete"])
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _record(tree: dict[str, str], tops: Sequence[str], *, made: bool) -> Record:
    staged = StagedTree(Component(tree["component"]), PackageKind(tree["kind"]), tree["version"], tree["folder"], tree["digest"])
    return Record(staged, tuple(tops), made)
