"""A package's file on this host: fetched so that a cut download goes on where it ended, and its digest checked (DESIGN 7)."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from orchestrator.files import make_folder
from orchestrator.releases import names
from orchestrator.releases.archive import Limits, check_whole, open_regular
from orchestrator.releases.errors import NO_ROOM, RESERVE, PackageError, no_room
from orchestrator.releases.partial import Partial
from orchestrator.releases.web import Web, unreachable
from workflows.host.backups import Progress
from workflows.host.releases import Artefact
from workflows.model.plans import PackageRef

CHUNK = 1 << 20
IDLE_ATTEMPTS = 3  # connections in a row that bring not a single byte
ATTEMPTS = 100  # connections in all, whatever they bring
SECONDS = 12 * 3600.0  # for all of them together
LARGEST = Limits().size
_OK, _PARTIAL, _NO_SUCH_RANGE = 200, 206, 416


class Downloads:
    """The folder of downloaded packages (0700). One process at a time uses it: the one that holds the site's lease."""

    def __init__(self, folder: Path, web: Web | None) -> None:
        """Name the folder; it is made when it is needed. web: None when the source is a folder."""
        self._folder = folder
        self._web = web

    def fetch(self, ref: PackageRef, expected: str | None, progress: Progress) -> Artefact:
        """The package's file, complete, its digest as expected; a file of a folder source is used where it lies.

        The digest is of what lies on the disk, read back. Without any digest to expect the file is trusted at first use, and
        is then at least a whole gzip file: a cut one must not become what this site trusts from then on.

        Args:
            ref: what the source offers.
            expected: SHA-256 (hex) that this site trusts for it, None when none is pinned.
            progress: told bytes done and bytes in all.

        Raises:
            PackageError: "package-digest-mismatch", "package-cut-short", "package-damaged", "package-bomb", "no-room",
                "download-failed".
            SourceError: "source-unreachable", "source-insecure".
        """
        if not names.is_safe(ref.file):
            raise PackageError(f"cannot use {ref.file!r} as the name of a package", key="package-name")
        if expected and ref.sha256 and expected != ref.sha256:
            raise _mismatch(ref, expected, ref.sha256, "what SHA256SUMS says now")
        trusted = expected or ref.sha256
        local = Path(ref.location) if "://" not in ref.location else None
        path = local or self._folder / ref.file
        digest, size = _digest(path, progress) if local or path.exists() else ("", 0)
        if not local and (not digest or trusted not in (None, digest)):
            self._download(ref, trusted, progress)
            digest, size = _digest(path, progress)
        if trusted not in (None, digest):
            if not local:
                path.unlink()
            raise _mismatch(ref, trusted or "", digest, f"of {path}")
        if trusted is None:
            self._check_whole(path, keep=local is not None)
        return Artefact(ref, str(path), size, digest, "sums" if ref.sha256 else "pinned" if expected else "first-use")

    def _check_whole(self, path: Path, *, keep: bool) -> None:
        try:
            check_whole(path)
        except PackageError:
            if not keep:
                path.unlink()
            raise

    def _download(self, ref: PackageRef, trusted: str | None, progress: Progress) -> None:
        if self._web is None:
            raise PackageError(
                f"cannot fetch {ref.file} from {ref.location}: the package source is a folder now",
                key="download-failed",
                next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
            )
        partial, idle, until = Partial(self._folder / ref.file), 0, time.monotonic() + SECONDS
        try:
            make_folder(self._folder, 0o700)
            for _ in range(ATTEMPTS):
                before = partial.size
                if self._transfer(self._web, ref, partial, trusted, progress, until=until):
                    return partial.finish()
                idle = 0 if partial.size > before else idle + 1
                if idle == IDLE_ATTEMPTS or time.monotonic() > until:
                    break
            raise _cut_short(ref, partial)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise no_room(self._folder, ref.size) from error
            raise PackageError(
                f"cannot keep {ref.file} in {self._folder}: {error.strerror}",
                key="download-failed",
                next=["orchestrate resume    goes on where the download ended"],
            ) from error

    def _transfer(
        self, web: Web, ref: PackageRef, partial: Partial, trusted: str | None, progress: Progress, *, until: float
    ) -> bool:
        """One connection. True when the file is complete, False when it was cut off and may go on."""
        start = partial.usable(ref.location, trusted)
        if start and start == partial.origin.size:
            return True
        with web.get(ref.location, partial.range_headers(start)) as response:
            status = response.status_code
            if start and status in (_PARTIAL, _NO_SUCH_RANGE) and not partial.is_rest(response, start):
                partial.drop()
                return False
            if status != _OK and not (start and status == _PARTIAL):
                raise unreachable(ref.location, f"HTTP status {status}")
            if status == _OK:
                start = 0
                partial.begin(ref.location, response)
            total = partial.origin.size
            if total is not None and total > LARGEST:
                partial.drop()
                raise _too_large(ref, total)
            room = shutil.disk_usage(self._folder).free - RESERVE
            if room < (total or 0) - start:
                raise no_room(self._folder, (total or 0) - start)
            limit = min(LARGEST, start + room) if total is None else total
            done = partial.take(response, start, progress, limit=limit, until=until)
        if partial.size > limit:
            size = partial.size
            partial.drop()
            raise _too_large(ref, size) if limit in {LARGEST, total} else no_room(self._folder, size)
        return done


def _digest(path: Path, progress: Progress) -> tuple[str, int]:
    """SHA-256 (hex) and size of a file."""
    digest, done = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            total = path.stat().st_size
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress(done, total)
    except OSError as error:
        raise PackageError(
            f"cannot read {path}: {error.strerror}", next=["orchestrate packages list    what the package source offers"]
        ) from error
    return digest.hexdigest(), done


def _mismatch(ref: PackageRef, trusted: str, found: str, whose: str) -> PackageError:
    return PackageError(
        f"cannot trust {ref.file}: its digest is not the one this site expects",
        key="package-digest-mismatch",
        detail=[f"expected {trusted}", f"found    {found}", whose],
        unharmed=["nothing of it was unpacked"],
        next=[f"orchestrate packages verify {ref.file}    once the source has the right file"],
    )


def _too_large(ref: PackageRef, size: int) -> PackageError:
    return PackageError(
        f"cannot fetch {ref.file}: the server sends {size} bytes or more, which is more than it said or than a package may have",
        key="download-failed",
        unharmed=["nothing of it was kept"],
        next=["orchestrate packages list    what else the package source offers"],
    )


def _cut_short(ref: PackageRef, partial: Partial) -> PackageError:
    total = partial.origin.size
    return PackageError(
        f"cannot fetch {ref.file}: the connection breaks off after {partial.size} of {total or 'an unknown number of'} bytes",
        key="package-cut-short",
        unharmed=[f"what arrived is kept in {partial.path}"],
        next=["orchestrate resume    goes on where the download ended"],
    )
