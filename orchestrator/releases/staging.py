"""Release trees unpacked beside what is active, and removed again (facts 1.1, DESIGN 3.7 and 7)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from orchestrator.acting import below, held
from orchestrator.data.places import PLACES
from orchestrator.files import Owner, fsync_folder, make_folder, sha256_file, tree_digest
from orchestrator.releases import names
from orchestrator.releases.errors import NO_ROOM, PackageError, no_room
from orchestrator.releases.lines import (
    difference,
    folder_of,
    foreign,
    kept_file_of,
    link_to,
    make_folders,
    part_of,
    remove,
    remove_durably,
)
from orchestrator.releases.manifest import KeptFile, Manifest, Manifests, Record
from orchestrator.releases.unpack import Package, changed, open_package, unpack
from orchestrator.user import owner
from workflows.host.releases import Artefact
from workflows.model.plans import PackageKind, PackageRef, StagedTree

_NEEDED = (PackageKind.GUI, PackageKind.STATISTICS, PackageKind.WEBSERVICES, PackageKind.BACKEND)
_CHUNK = 1 << 20

Part = tuple[PackageRef, Package]


class Staging:
    """The release folders of one home. No link is ever touched."""

    def __init__(self, home: Path, manifests: Manifests, user: str, *, suse: bool) -> None:
        """Name the home. user: whom the trees belong to when root unpacks them. suse: this host is SLES."""
        self._home = home
        self._manifests = manifests
        self._user = user
        self._suse = suse

    @cached_property
    def _owner(self) -> Owner | None:
        return owner(self._user)

    def staged(self, artefact: Artefact) -> Sequence[StagedTree] | None:
        """See `SitePackages.staged`."""
        manifest = self._manifests.read(artefact.ref.file)
        if manifest is None or not manifest.complete or manifest.sha256 != artefact.sha256:
            return None
        expected = [f"{record.tree.folder}/{top}" for record in manifest.records for top in record.tops]
        expected += [file.path for file in manifest.files]
        with below(self._home / PLACES[PackageKind.RUNTIME].folder):
            return manifest.trees if all(os.path.lexists(self._home / path) for path in expected) else None

    def stage(self, artefact: Artefact) -> Sequence[StagedTree]:
        """See `SitePackages.stage`."""
        if (trees := self.staged(artefact)) is not None:
            return trees
        path = Path(artefact.path)
        try:
            if sha256_file(path) != artefact.sha256:
                raise changed(path)
            package = open_package(path, artefact.ref)
            if package.listing.sha256 != artefact.sha256:
                raise changed(path)
            if package.contents.kind is not PackageKind.COMPLETE:
                return self._place(artefact, [(artefact.ref, package)])
            with self._opened(package, artefact.ref) as parts:
                return self._place(artefact, parts)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise no_room(self._home) from error
            raise PackageError(
                f"cannot stage {artefact.ref.file}: {error.strerror}: {error.filename}",
                key="unpack-failed",
                next=["orchestrate resume    once the cause is gone"],
            ) from error

    def unstage(self, trees: Sequence[StagedTree]) -> None:
        """See `SitePackages.unstage`."""
        folders = {tree.folder for tree in trees}
        touched = [m for m in self._manifests.all() if folders & {record.tree.folder for record in m.records}]
        made = {record.tree.folder for m in touched for record in m.records if record.made} & folders
        for folder in sorted(made):
            if link := link_to(self._home, self._home / folder):
                raise _active(self._home / folder, link)
        for manifest in touched:
            self._manifests.write(replace(manifest, complete=False))
        for folder in sorted(made):
            remove_durably(self._home / folder)
        for manifest in touched:
            self._forget(manifest, folders)
        runtimes = self._home / PLACES[PackageKind.RUNTIME].folder
        with below(runtimes):
            if runtimes.is_dir() and not any(runtimes.iterdir()):
                runtimes.rmdir()

    def _forget(self, manifest: Manifest, folders: set[str]) -> None:
        """Take the trees out of a manifest; with the last of them go the files that we kept, and the manifest."""
        kept = tuple(record for record in manifest.records if record.tree.folder not in folders)
        if kept:
            self._manifests.write(replace(manifest, records=kept, complete=False))
            return
        for file in manifest.files:
            if file.made:
                remove_durably(self._home / file.path)
        self._manifests.remove(manifest.package)

    @contextmanager
    def _opened(self, package: Package, ref: PackageRef) -> Iterator[list[Part]]:
        """The packages inside a complete one, each opened and judged; only we can enter the folder they lie in meanwhile."""
        make_folder(self._manifests.folder, 0o700)
        folder = part_of(self._manifests.folder / names.stem(ref.file))
        remove(folder)
        try:
            unpack(package, folder, None)
            inner = [name for entry in sorted(folder.iterdir()) if (name := names.parse(entry.name))]
            refs = [
                PackageRef(name.file, name.kind, name.version, str(folder / name.file))
                for name in names.for_host(inner, suse=self._suse)
            ]
            lacking = [kind.value for kind in _NEEDED if kind not in {part.kind for part in refs}]
            if lacking or any(part.kind is PackageKind.COMPLETE for part in refs):
                raise _incomplete(ref, lacking)
            yield [(part, open_package(Path(part.location), part)) for part in refs]
        finally:
            remove(folder)

    def _place(self, artefact: Artefact, parts: Sequence[Part]) -> Sequence[StagedTree]:
        """Unpack all, then compare with what is there, then give all of them their names."""
        fresh: list[Path] = []
        try:
            records = []
            for ref, package in parts:
                folder = folder_of(ref, package.contents.top)
                path = part_of(self._home / folder)
                make_folders(self._home, path.parent, self._owner)
                fresh.append(path)
                with held(path.parent) as parent:
                    remove(parent / path.name)
                    unpack(package, parent / path.name, self._owner)
                tree = StagedTree(PLACES[ref.kind].component, ref.kind, ref.version, folder, tree_digest(path))
                records.append(Record(tree, package.tops, self._is_ours(folder)))
            files = [
                (package.path, KeptFile(kept, self._is_ours(kept)))
                for ref, package in parts if (kept := kept_file_of(ref))
            ]  # fmt: skip
            self._refuse_foreign(records, files)
            manifest = Manifest(artefact.ref.file, artefact.sha256, tuple(records), tuple(file for _, file in files))
            self._manifests.write(manifest)
            for record in records:
                self._name(self._home / record.tree.folder)
            for source, file in files:
                self._keep(source, self._home / file.path)
            self._manifests.write(replace(manifest, complete=True))
        finally:
            for path in fresh:
                with held(path.parent) as parent:
                    remove(parent / path.name)
        return manifest.trees

    def _is_ours(self, path: str) -> bool:
        """Whether it is made by us: it is not there yet, or a manifest of ours says so."""
        if not os.path.lexists(self._home / path):
            return True
        manifests = list(self._manifests.all())
        made = {record.tree.folder for m in manifests for record in m.records if record.made}
        return path in made | {file.path for m in manifests for file in m.files if file.made}

    def _refuse_foreign(self, records: Sequence[Record], files: Sequence[tuple[Path, KeptFile]]) -> None:
        """Nothing that is there with other content is replaced, but for what we made and nothing points to."""
        for record in records:
            path = self._home / record.tree.folder
            if os.path.lexists(path) and (what := _tree_difference(path)) is not None:
                link = link_to(self._home, path)
                if link or not record.made:
                    raise foreign(path, what, link)
        for source, file in files:
            path = self._home / file.path
            if os.path.lexists(path) and not file.made and not _same_file(source, path):
                raise foreign(path, path.name, None)

    def _name(self, path: Path) -> None:
        """Give a fresh tree its name; one with all of its content keeps its place, a damaged one of ours makes room."""
        if os.path.lexists(path):
            if _tree_difference(path) is None:
                return
            remove_durably(path, aside=path.with_name(f".{path.name}.old"))
        with held(path.parent) as parent:
            (parent / part_of(path).name).rename(parent / path.name)
            fsync_folder(parent)

    def _keep(self, source: Path, path: Path) -> None:
        """Keep a copy of a package file in the home."""
        if os.path.lexists(path) and _same_file(source, path):
            return
        make_folders(self._home, path.parent, self._owner)
        with held(path.parent) as parent:
            part = parent / part_of(path).name
            remove(part)
            try:
                with source.open("rb") as original, part.open("xb") as copy:
                    shutil.copyfileobj(original, copy, _CHUNK)
                    if self._owner:
                        os.fchown(copy.fileno(), *self._owner)
                    os.fchmod(copy.fileno(), 0o644)
                    copy.flush()
                    os.fsync(copy.fileno())
                part.rename(parent / path.name)
            finally:
                remove(part)
            fsync_folder(parent)


def _tree_difference(path: Path) -> str | None:
    """How what is there differs from the fresh tree beside it; None: it has all of it."""
    with below(path):
        return difference(part_of(path), path) if path.is_dir() and not path.is_symlink() else "."


def _same_file(source: Path, path: Path) -> bool:
    with below(path):
        return path.is_file() and not path.is_symlink() and sha256_file(path) == sha256_file(source)


def _active(path: Path, link: Path) -> PackageError:
    return PackageError(
        f"cannot remove {path}: {link} points to it",
        key="release-folder-active",
        unharmed=["nothing was removed"],
        next=["orchestrate status    what is active"],
    )


def _incomplete(ref: PackageRef, lacking: Sequence[str]) -> PackageError:
    what = f"there is no {' and no '.join(lacking)} package in it" if lacking else "there is another complete package in it"
    return PackageError(
        f"cannot unpack {ref.file}: {what}",
        key="package-incomplete",
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    what else the package source offers"],
    )
