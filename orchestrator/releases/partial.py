"""A download under way: FILE.part holds the bytes so far, FILE.part.json what they are a part of."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.files import fsync_folder, small_text, write_atomic
from orchestrator.releases.web import ended_at, is_cut
from workflows.host.backups import Progress

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 18
_PARTIAL = 206
_LENGTH = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")


@dataclass(frozen=True)
class Origin:
    """What the bytes belong to. validator: a strong ETag, else the Last-Modified; size: bytes of the whole file."""

    location: str
    validator: str | None
    size: int | None


class Partial:
    """The part of a file that has arrived. Whenever the machine stops, the bytes kept are those of one file only."""

    def __init__(self, final: Path) -> None:
        """Name the file that it becomes."""
        self.final = final
        self.path = final.with_name(final.name + ".part")
        self._about = final.with_name(final.name + ".part.json")

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def origin(self) -> Origin:
        """What they belong to; of no location when that is not known."""
        try:
            return Origin(**json.loads(small_text(self._about)))
        except (FileNotFoundError, ValueError, TypeError):
            return Origin("", None, None)

    def usable(self, location: str, trusted: str | None) -> int:
        """How many of the bytes can be kept. Without a validator only a known digest would tell a mix of two files."""
        origin = self.origin
        keep = origin.location == location and (origin.validator or (trusted and origin.size))
        return self.size if keep else 0

    def range_headers(self, start: int) -> dict[str, str]:
        """What asks for the rest of this very file, and for all of it when it has changed (RFC 9110, If-Range)."""
        if not start:
            return {}
        validator = self.origin.validator
        return {"Range": f"bytes={start}-", **({"If-Range": validator} if validator else {})}

    def is_rest(self, response: requests.Response, start: int) -> bool:
        """Whether the answer is the rest of this very file."""
        match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.status_code != _PARTIAL or match is None or int(match[1]) != start:
            return False
        return self.origin.size in (None, int(match[2]))

    def begin(self, location: str, response: requests.Response) -> None:
        """Forget what was there, and remember what the bytes to come belong to before the first of them is written."""
        self.drop()
        etag = response.headers.get("ETag", "")
        validator = etag if etag.startswith('"') else response.headers.get("Last-Modified")
        length = response.headers.get("Content-Length", "")
        origin = Origin(location, validator, int(length) if _LENGTH.fullmatch(length) else None)
        write_atomic(self._about, json.dumps(asdict(origin)), 0o600)

    def take(self, response: requests.Response, start: int, progress: Progress, *, limit: int, until: float) -> bool:
        """Write the answer's bytes from `start` on, durably. True when the file is complete, False when it was cut off.

        Args:
            response: the server's.
            start: where in the file its bytes belong.
            progress: told bytes done and bytes in all.
            limit: with the first byte behind it no more are taken.
            until: when, on the monotonic clock, the connection is cut off from here.

        Raises:
            OSError: the file cannot be written.
        """
        total, done, cut = self.origin.size, start, False
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(start)
            file.seek(start)
            try:
                with ended_at(response, until):
                    while done <= limit and (chunk := _read(response)):
                        file.write(chunk)
                        done += len(chunk)
                        progress(done, total)
            except (_CutError, TimeoutError):
                cut = True
            file.flush()
            os.fsync(file.fileno())
        return not cut if total is None else done == total

    def finish(self) -> None:
        """Give the complete file its name."""
        self.path.rename(self.final)
        self._about.unlink()
        fsync_folder(self.final.parent)

    def drop(self) -> None:
        """Forget all of it."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)


class _CutError(Exception):
    """The connection broke off."""


def _read(response: requests.Response) -> bytes:
    """The next bytes as they were sent: a server may take .gz for an encoding to be undone."""
    try:
        chunk: bytes = response.raw.read(CHUNK, decode_content=False)
    except Exception as error:
        if is_cut(error):
            raise _CutError from error
        raise
    return chunk
