"""Writing a package's members into a fresh folder that nobody else can enter until it is complete (DESIGN 7)."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.command import run
from orchestrator.files import Owner
from orchestrator.releases.archive import (
    SPECIAL_BITS,
    Content,
    Limits,
    Listing,
    Member,
    MemberType,
    list_members,
    read_members,
    unsafe,
)
from orchestrator.releases.contents import Contents, recognise, wants_text
from orchestrator.releases.errors import NO_ROOM, PackageError, no_room
from workflows.model.plans import PackageKind, PackageRef

SETUID_OF_BACKEND = frozenset({"bin/qctrl", "bin/smctrl"})  # facts 2.1, up to 20.10
FOLDER_MODE = 0o755
_MAX_LINKS = 40
_SYNC_SECONDS = 600.0


@dataclass(frozen=True)
class Package:
    """A package file that was read to its end and found fit to be unpacked."""

    path: Path
    listing: Listing
    contents: Contents
    limits: Limits

    def inside(self, path: str) -> str:
        """A member's path in the unpacked tree; "" for the top folder that is left out."""
        top = self.contents.top
        return path.removeprefix(top).removeprefix("/") if top else path

    def may_be_setuid(self, member: Member) -> bool:
        """Whether this is one of the backend's own two."""
        is_backend = self.contents.kind is PackageKind.BACKEND
        return is_backend and member.type is MemberType.FILE and self.inside(member.path) in SETUID_OF_BACKEND

    @property
    def tops(self) -> tuple[str, ...]:
        """The names at the top of the unpacked tree."""
        return tuple(sorted({self.inside(member.path).partition("/")[0] for member in self.listing.members} - {""}))


def open_package(path: Path, ref: PackageRef, limits: Limits | None = None) -> Package:
    """List and judge a package; nothing is written.

    Raises:
        PackageError: all that `list_members`, `recognise` and `judged` raise.
    """
    limits = limits or Limits()
    listing = list_members(path, texts=wants_text, limits=limits)
    return judged(path, listing, recognise(listing, ref), limits)


def judged(path: Path, listing: Listing, contents: Contents, limits: Limits) -> Package:
    """A package whose tree as a whole is fit to be unpacked.

    Raises:
        PackageError: "package-unsafe-member" for a symbolic link that leaves the tree, followed as the file system would
            follow it, and a setuid or setgid member that is not one of the backend's own two.
    """
    package = Package(path, listing, contents, limits)
    members = {member.path: member for member in listing.members}
    links = {member.path: member.target for member in listing.members if member.type is MemberType.LINK}
    root = 1 if package.contents.top else 0
    for member in listing.members:
        is_hard_link = member.type is MemberType.HARD_LINK
        mode = member.mode | members[member.target].mode if is_hard_link else member.mode
        if member.path in links:
            if not _stays_inside(member.path, links, root):
                raise unsafe(path.name, member.path, "a symbolic link leaves the package")
        elif mode & SPECIAL_BITS and not package.may_be_setuid(member):
            raise unsafe(path.name, member.path, "a member is setuid or setgid")
    return package


def unpack(package: Package, folder: Path, owner: Owner | None) -> None:
    """Write a package into `folder`, which is made 0700 and gets its final mode last; all of it is durable then.

    Args:
        package: as `open_package` found it.
        folder: must not exist; its parent does.
        owner: uid and gid of all files but setuid ones, which are root's; None: whoever runs this. Only root makes any setuid.

    Raises:
        PackageError: "no-room", "unpack-failed", or "package-digest-mismatch" when the file is no longer what was listed. What
            was written stays in `folder`.
    """
    name, size = package.path.name, package.listing.size
    try:
        if shutil.disk_usage(folder.parent).free < size:
            raise no_room(folder.parent, size)
        folder.mkdir(mode=0o700)
        with _held(folder) as base:
            _write(package, base, owner)
            if owner:
                os.chown(base, *owner)
            base.chmod(FOLDER_MODE)
            run(["sync", "--file-system", str(folder)], timeout=_SYNC_SECONDS)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room(folder.parent, size) from error
        raise PackageError(
            f"cannot unpack {name} into {os.path.realpath(folder)}: {error.strerror}",
            key="unpack-failed",
            next=["orchestrate resume    once the cause is gone"],
        ) from error


def changed(path: Path) -> PackageError:
    """The error for a package file that is not the same any more."""
    return PackageError(
        f"cannot unpack {path}: it changed since its digest was checked",
        key="package-digest-mismatch",
        unharmed=["nothing of it has a place among the releases"],
        next=[f"orchestrate packages verify {path.name}"],
    )


def _write(package: Package, base: Path, owner: Owner | None) -> None:
    listed = {member.path: member for member in package.listing.members}
    folders: dict[str, Member | None] = {}
    links: dict[str, Member] = {}
    digest = hashlib.sha256()
    for member, content in read_members(package.path, package.limits, digest):
        known = listed.get(member.path)
        if known != member and (known is None or known.type is not MemberType.FOLDER or known.type is not member.type):
            raise changed(package.path)
        name = package.inside(member.path)
        if not name:
            continue  # the top folder that is left out
        _make_parents(base, name, folders)
        if member.type is MemberType.FOLDER:
            _make_parents(base, f"{name}/.", folders)
            folders[name] = member
        elif member.type is MemberType.LINK:
            links[name] = member
        elif member.type is MemberType.HARD_LINK:
            os.link(base / package.inside(member.target), base / name)
        elif content is not None:
            is_special = package.may_be_setuid(member) and os.geteuid() == 0
            _write_file(base / name, member, content, owner, is_special=is_special)
    if digest.hexdigest() != package.listing.sha256:
        raise changed(package.path)
    _finish(base, folders, links, owner)


def _finish(base: Path, folders: Mapping[str, Member | None], links: Mapping[str, Member], owner: Owner | None) -> None:
    """Links last, so that nothing can be written through one; then the folders from the inside out."""
    for name, link in links.items():
        (base / name).symlink_to(link.target)
        if owner:
            os.lchown(base / name, *owner)
    for name, folder in sorted(folders.items(), reverse=True):
        if owner:
            os.chown(base / name, *owner)
        (base / name).chmod((folder.mode & 0o755) | 0o700 if folder else FOLDER_MODE)


def _make_parents(base: Path, name: str, folders: dict[str, Member | None]) -> None:
    above = ""
    for part in name.split("/")[:-1]:
        above = f"{above}/{part}" if above else part
        if above not in folders:
            (base / above).mkdir(mode=0o700)
            folders[above] = None


def _write_file(path: Path, member: Member, content: Content, owner: Owner | None, *, is_special: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, 1 << 18)
        file.flush()
        if owner and not (is_special and member.mode & SPECIAL_BITS):
            os.fchown(file.fileno(), *owner)
        mode = member.mode & (0o6755 if is_special else 0o755)
        os.fchmod(file.fileno(), mode | stat.S_IRUSR)
        os.utime(file.fileno(), (member.mtime, member.mtime))


def _stays_inside(path: str, links: Mapping[str, str], root: int) -> bool:
    """Whether following the link at `path`, and every link on its way, never goes above the first `root` names of its path."""
    here = list(path.split("/")[:-1])
    to_go = links[path].split("/")
    followed = 1
    while to_go:
        part = to_go.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if len(here) <= root:
                return False
            here.pop()
            continue
        here.append(part)
        target = links.get("/".join(here))
        if target is not None:
            followed += 1
            if followed > _MAX_LINKS:
                return False
            here.pop()
            to_go = target.split("/") + to_go
    return True


@contextmanager
def _held(folder: Path) -> Iterator[Path]:
    """A path to the folder that stays the same folder, whoever renames what above it meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) != 0o700:  # noqa: PLR2004
            raise PackageError(
                f"cannot unpack into {os.path.realpath(folder)}: somebody else put another folder there", key="unpack-failed"
            )
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
