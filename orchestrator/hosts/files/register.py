"""Files as they were before they were changed: their contents below the site's state folder, named by digest."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator.acting import below
from orchestrator.files import fsync_folder, make_folder, read_small, sha256_file, write_atomic
from workflows.host.files import KeptFile


class ContentStore:
    """As `workflows.host.files.Register` asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, paths: Iterable[str]) -> Sequence[KeptFile]:
        """Copy what is there, once for each content."""
        return [self._keep(Path(path)) for path in paths]

    def _keep(self, path: Path) -> KeptFile:
        with below(path):
            if not path.is_file():
                return KeptFile(str(path), None)
            content, status = read_small(path), path.stat()
        make_folder(self._folder, 0o700)
        digest = hashlib.sha256(content).hexdigest()
        if not (self._folder / digest).exists():
            write_atomic(self._folder / digest, content, mode=0o600)
        return KeptFile(str(path), digest, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)

    def changed(self, files: Iterable[KeptFile]) -> Sequence[str]:
        """Those whose content is another, that are gone, or that are there although there was none."""
        return [file.path for file in files if _digest(Path(file.path)) != file.sha256]

    def missing(self, path: str) -> bool:
        """Somebody moved it away."""
        with below(Path(path)):
            return not Path(path).is_file()

    def restore(self, files: Iterable[KeptFile]) -> None:
        """Each by one rename; a file that is as it was is not touched."""
        for file in files:
            path = Path(file.path)
            if file.sha256 is None:
                with below(path):
                    if path.is_file():
                        path.unlink()
                        fsync_folder(path.parent)
            elif self._keep(path) != file:
                write_atomic(path, read_small(self._folder / file.sha256), mode=file.mode, owner=(file.uid, file.gid))


def _digest(path: Path) -> str | None:
    with below(path):
        return sha256_file(path) if path.is_file() else None
