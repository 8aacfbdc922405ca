"""Where release trees lie in the home, and what points to them (facts 1.1)."""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

from orchestrator.acting import below, current, held
from orchestrator.data.places import PLACES
from orchestrator.files import Owner, fsync_folder
from orchestrator.releases.errors import PackageError
from orchestrator.releases.names import stem
from workflows.model.plans import PackageKind, PackageRef

_LINK_FOLDERS = ("", "bin", "opt", "release/backend", "webapps", "webapps/manual")


def folder_of(ref: PackageRef, top: str) -> str:
    """The folder of a package's tree, relative to the home. top: the package's top folder; a backend keeps its V<version>."""
    name = top if ref.kind is PackageKind.BACKEND else stem(ref.file)
    return f"{PLACES[ref.kind].folder}/{name}"


def kept_file_of(ref: PackageRef) -> str | None:
    """Where a package file itself is kept, relative to the home: the vendor's menu lists runtimes by it (facts 1.1)."""
    return f"release/runtime/{ref.file}" if ref.kind is PackageKind.RUNTIME else None


def part_of(path: Path) -> Path:
    """Where something lies while it is being unpacked or removed: beside, so that a rename is all that is left to do."""
    return path.with_name(f".{path.name}.part")


def make_folders(home: Path, folder: Path, owner: Owner | None) -> None:
    """Make a folder below the home with all above it, durably; as the home's owner, so that they are his."""
    for path in reversed([folder, *folder.parents]):
        with below(path):
            if path.is_relative_to(home) and not path.is_dir():
                path.mkdir(mode=0o755)
                if owner and current() is None:
                    os.chown(path, *owner)
                fsync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all in it; nothing there is no error. Links are not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_durably(path: Path, aside: Path | None = None) -> None:
    """Remove a release tree or a file of ours: it is there in full under its name, or not at all under it.

    aside: the name that it has meanwhile; as `part_of` unless given.
    """
    if not os.path.lexists(path.parent):
        return
    with held(path.parent) as folder:
        there, meanwhile = folder / path.name, folder / (aside or part_of(path)).name
        remove(meanwhile)
        if os.path.lexists(there):
            there.rename(meanwhile)
            fsync_folder(folder)
            remove(meanwhile)


def link_to(home: Path, tree: Path) -> Path | None:
    """A link of the home, at a place where OpenEMM has its links, that leads to the tree or into it; None: there is none."""
    with below(tree):
        real = tree.resolve()
        for folder in _LINK_FOLDERS:
            for path in sorted((home / folder).iterdir()) if (home / folder).is_dir() else []:
                if path.is_symlink() and path.resolve().is_relative_to(real):
                    return path
    return None


def difference(fresh: Path, there: Path) -> str | None:
    """The first file or link of the fresh tree that the one that is there lacks or has otherwise; None: it has all of them.

    Modes and owners, and what was added since, do not count: the vendor's tool changes owners and drops modes (facts 2.3).
    """
    for path in sorted(fresh.rglob("*")):
        name = path.relative_to(fresh)
        other = there / name
        if path.is_symlink() or other.is_symlink():
            same = path.is_symlink() and other.is_symlink() and path.readlink() == other.readlink()
        elif path.is_dir():
            same = other.is_dir()
        else:
            same = other.is_file() and filecmp.cmp(path, other, shallow=False)
        if not same:
            return str(name)
    return None


def foreign(path: Path, what: str, link: Path | None) -> PackageError:
    """The error for something that is already where a package's tree would go."""
    active = f", and {link} points to it" if link else ""
    aside = [] if link else [f"mv {path} {path}.before    keeps it aside; then: orchestrate resume"]
    return PackageError(
        f"cannot stage {path}: it is there already and is not what the package holds{active}",
        key="release-folder-foreign",
        detail=[f"first difference: {what}"],
        unharmed=[f"{path} is untouched"],
        next=[f"ls -l {path / what}    what it is", *aside],
    )
