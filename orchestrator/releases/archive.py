"""Reading a .tar.gz that nobody vouches for: every member is listed and judged before anything is written (DESIGN 7)."""

from __future__ import annotations

import enum
import gzip
import hashlib
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Self, cast

from orchestrator.releases.errors import PackageError

CHUNK = 1 << 18
BLOCK = 512
_DISK_BLOCK = 4096
HEADERS = 1 << 20  # bytes that the headers of one member may have at the most, long names included
SPECIAL_BITS = 0o6000
MAX_TEXT = 1 << 20  # bytes of all texts that are asked for
NAME, PATH, DEPTH = 255, 1000, 64  # bytes of one name, bytes of all names on a path, and how many there are
IDLE = 1 << 20  # packed bytes in a row that unpack to nothing
LATEST = 1 << 33  # a time behind it is nonsense


@dataclass(frozen=True)
class Limits:
    """What a package may be at the most. ratio: unpacked to packed, looked at from `grace` bytes on."""

    members: int = 200_000
    links: int = 10_000
    size: int = 8 << 30
    ratio: int = 200
    grace: int = 64 << 20

    def after(self, listing: Listing) -> Limits:
        """What is left for the packages inside of this one, and for the next of them."""
        return replace(self, members=self.members - len(listing.members), size=self.size - listing.size)


class MemberType(enum.Enum):
    """What a member may be; anything else is refused."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "symbolic link"
    HARD_LINK = "hard link"


@dataclass(frozen=True)
class Member:
    """A member of a package. path: relative, without "." or "..". target: of a link, as written. mtime: seconds since 1970."""

    path: str
    type: MemberType
    mode: int
    size: int
    mtime: float
    target: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names on its path."""
        return tuple(self.path.split("/"))


@dataclass(frozen=True)
class Listing:
    """All members of a package in their order, the texts of those that were asked for, and the SHA-256 (hex) of the file."""

    members: tuple[Member, ...]
    sha256: str
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(member.size for member in self.members)

    @property
    def room(self) -> int:
        """Bytes of disk that they take, at a block each at the least."""
        return sum(-(-member.size // _DISK_BLOCK) * _DISK_BLOCK + _DISK_BLOCK for member in self.members)


def unsafe(package: str, member: str, why: str) -> PackageError:
    """The error for a member that no package of ours would have."""
    return PackageError(
        f"cannot unpack {package}: {why}: {member!r}",
        key="package-unsafe-member",
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    what else the package source offers"],
    )


def check_whole(path: Path, limits: Limits | None = None) -> None:
    """Read a .gz file to its end.

    Raises:
        PackageError: "package-cut-short", "package-damaged" or "package-bomb".
    """
    with open_regular(path) as file:
        stream = _Stream(file, path, limits or Limits(), hashlib.sha256())
        if not stream.read(CHUNK):
            raise cut_short(path.name)
        while stream.read(CHUNK):
            pass


def list_members(path: Path, *, texts: Callable[[str], bool] = lambda _: False, limits: Limits | None = None) -> Listing:
    """List a package, reading it to its end.

    Args:
        path: the .tar.gz file.
        texts: says of a path whether its text is wanted.
        limits: see `Limits`.

    Raises:
        PackageError: "package-unsafe-member" naming the first that is absolute, has "..", is a device, is there twice, lies
            below something that is no folder, is a hard link to anything but an earlier file; "package-cut-short",
            "package-damaged", "package-bomb".
    """
    members: dict[str, Member] = {}
    found: dict[str, str] = {}
    digest = hashlib.sha256()
    room = MAX_TEXT
    for member, content in read_members(path, limits or Limits(), digest):
        known = members.get(member.path)
        if known and (known.type is not MemberType.FOLDER or member.type is not MemberType.FOLDER):
            raise unsafe(path.name, member.path, "a name is there twice")
        if member.type is MemberType.HARD_LINK:
            target = members.get(member.target)
            if target is None or target.type is not MemberType.FILE:
                raise unsafe(path.name, member.path, "a hard link leads to something that is not a file of the package")
        members[member.path] = member
        if content and texts(member.path):
            room -= member.size
            if room < 0:
                raise unsafe(path.name, member.path, f"its texts have more than {MAX_TEXT} bytes")
            found[member.path] = content.read().decode("utf-8", errors="replace")
    _check_parents(path.name, members)
    return Listing(tuple(members.values()), digest.hexdigest(), found)


def read_members(path: Path, limits: Limits, digest: hashlib._Hash) -> Iterator[tuple[Member, Content | None]]:
    """Each member with its content (files only), which can be read until the next one is asked for.

    Args:
        path: the .tar.gz file.
        limits: see `Limits`.
        digest: fed with every byte of the file, so that what was read is known to be what was meant, whoever writes to it.

    Raises:
        PackageError: as `list_members`, for what a member alone shows.
    """
    with open_regular(path) as file:
        stream = _Stream(file, path, limits, digest)
        stream.allow(0)
        with _whole(path.name):
            tar = tarfile.open(fileobj=stream, mode="r|", tarinfo=_strict(path.name))  # type: ignore[call-overload]  # noqa: SIM115
        with tar:
            count = links = declared = 0
            while (info := _next(tar, path.name)) is not None:
                count += 1
                if count > limits.members:
                    raise _bomb(path, f"it has more than {limits.members} members")
                member = _judge(path.name, info)
                declared += info.size
                stream.expect(declared)
                stream.allow(info.size)
                links += info.issym()
                if links > limits.links:
                    raise _bomb(path, f"it has more than {limits.links} symbolic links")
                if member is not None:
                    content = tar.extractfile(info) if member.type is MemberType.FILE else None
                    yield member, Content(content, path.name) if content else None
            stream.allow(limits.size)
        while stream.read(CHUNK):
            pass


class Content:
    """The bytes of a member."""

    def __init__(self, file: IO[bytes], package: str) -> None:
        """Take what the standard library gives."""
        self._file = file
        self._package = package

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises what `list_members` raises for a broken file."""
        with _whole(self._package):
            return self._file.read(size)


class _Packed:
    """A .gz file whose bytes are fed to a digest as they are read."""

    def __init__(self, file: IO[bytes], name: str, digest: hashlib._Hash) -> None:
        self._file = file
        self._name = name
        self._digest = digest
        self.idle = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self.idle += len(data)
        if self.idle > IDLE:
            raise _damaged(self._name, f"{IDLE} bytes of it unpack to nothing")
        return data


class _Stream:
    """The unpacked bytes of a .gz file, counted: it gives up long before memory or disk do."""

    def __init__(self, file: IO[bytes], path: Path, limits: Limits, digest: hashlib._Hash) -> None:
        self._source = _Packed(file, path.name, digest)
        self._gzip = gzip.GzipFile(fileobj=cast("IO[bytes]", self._source), mode="rb")  # it only reads
        self._path = path
        self._limits = limits
        self._packed = os.fstat(file.fileno()).st_size
        self._done = 0
        self._allowed: int | None = None

    def allow(self, size: int) -> None:
        """How much may come before the next call: a member's content, and headers."""
        self._allowed = self._done + size + BLOCK + HEADERS

    def expect(self, size: int) -> None:
        """Refuse so many bytes before the first of them is read."""
        limits = self._limits
        if size > limits.size:
            raise _bomb(self._path, f"it has more than {limits.size} bytes")
        if size > limits.grace and size > self._packed * limits.ratio:
            raise _bomb(self._path, f"it is more than {limits.ratio} times larger unpacked than packed")

    def read(self, size: int) -> bytes:
        try:
            data = self._gzip.read(size)
        except EOFError as error:
            raise cut_short(self._path.name) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _damaged(self._path.name, str(error)) from error
        if data:
            self._source.idle = 0
        self._done += len(data)
        self.expect(self._done)
        if self._allowed is not None and self._done > self._allowed:
            raise _bomb(self._path, f"the headers of one member have more than {HEADERS} bytes")
        return data


@contextmanager
def open_regular(path: Path) -> Iterator[IO[bytes]]:
    """A file to read; what is no file (a pipe would never end) is refused.

    Raises:
        PackageError: "package-unusable".
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PackageError(
                f"cannot read {path}: it is not a file",
                unharmed=["nothing was changed"],
                next=["orchestrate packages list    what else the package source offers"],
            )
        yield file


@contextmanager
def _whole(package: str) -> Iterator[None]:
    """What the standard library raises for a broken archive, as our error."""
    try:
        yield
    except (tarfile.TarError, ValueError, LookupError, OverflowError, RecursionError) as error:
        if "unexpected end of data" in str(error):
            raise cut_short(package) from error
        raise _damaged(package, str(error)) from error


def _next(tar: tarfile.TarFile, package: str) -> tarfile.TarInfo | None:
    with _whole(package):
        return tar.next()


def _strict(package: str) -> type[tarfile.TarInfo]:
    """Headers that are wrong end the reading with an error; the standard library takes them for the end of the archive."""

    class Strict(tarfile.TarInfo):
        @classmethod
        def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
            try:
                return super().fromtarfile(tarfile_)
            except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
                raise
            except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
                raise cut_short(package) from error
            except tarfile.HeaderError as error:
                raise _damaged(package, str(error)) from error

    return Strict


def _judge(package: str, info: tarfile.TarInfo) -> Member | None:
    """The member, or None for the top folder itself ("./")."""
    path = _clean(package, info.name, info.name)
    target = ""
    if info.issparse():
        raise unsafe(package, info.name, "it holds a sparse file")
    if info.isreg():
        kind = MemberType.FILE
    elif info.isdir():
        kind = MemberType.FOLDER
    elif info.issym():
        kind, target = MemberType.LINK, info.linkname
        if target.startswith("/") or not target:
            raise unsafe(package, info.name, "a symbolic link is absolute")
        _fit_for_a_name(package, target, info.name)
    elif info.islnk():
        kind, target = MemberType.HARD_LINK, _clean(package, info.linkname, info.name)
    else:
        raise unsafe(package, info.name, "it holds a device, a pipe or something else that is no file, folder or link")
    if info.size < 0:
        raise unsafe(package, info.name, "a size is negative")
    if not path:
        if kind is not MemberType.FOLDER:
            raise unsafe(package, info.name, "a name is empty")
        return None
    mtime = info.mtime if 0 <= info.mtime < LATEST else 0
    return Member(path, kind, info.mode & 0o7777, info.size if kind is MemberType.FILE else 0, float(mtime), target)


def _clean(package: str, name: str, member: str) -> str:
    if name.startswith("/"):
        raise unsafe(package, member, "a name is absolute")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise unsafe(package, member, "a name has ..")
    _fit_for_a_name(package, name, member)
    return "/".join(parts)


def _fit_for_a_name(package: str, name: str, member: str) -> None:
    if any(ord(char) < ord(" ") or char == "\x7f" for char in name):
        raise unsafe(package, member, "a name has control characters")
    parts = [os.fsencode(part) for part in name.split("/")]
    if len(parts) > DEPTH or sum(map(len, parts)) > PATH or max(map(len, parts)) > NAME:
        raise unsafe(package, member[:NAME], "a name is too long or too deep")


def _check_parents(package: str, members: Mapping[str, Member]) -> None:
    for member in members.values():
        parts = member.parts
        for depth in range(1, len(parts)):
            above = members.get("/".join(parts[:depth]))
            if above and above.type is not MemberType.FOLDER:
                raise unsafe(package, member.path, f"a name leads through a {above.type.value}")


def cut_short(package: str) -> PackageError:
    """The error for a file that ends too early."""
    return PackageError(
        f"cannot unpack {package}: the file is cut short",
        key="package-cut-short",
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    get the whole file into the package source, then run it again"],
    )


def _damaged(package: str, why: str) -> PackageError:
    return PackageError(
        f"cannot unpack {package}: it is not a whole .tar.gz file: {why}",
        key="package-damaged",
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    get the right file into the package source, then run it again"],
    )


def _bomb(path: Path, why: str) -> PackageError:
    return PackageError(
        f"cannot unpack {path.name}: {why}",
        key="package-bomb",
        unharmed=["nothing of it was unpacked"],
        next=["orchestrate packages list    what else the package source offers"],
    )
