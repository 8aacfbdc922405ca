"""Would it be there after a power cut? Records fsync, rename and the like, and holds their order against two rules.

1. A file, or a folder with all below it, is durable before it gets its name by a rename: fsynced since it was last changed, or
   its whole file system synced.
2. A folder whose names changed is fsynced behind that, or its file system synced, before the writer says that it is done. That
   a temporary name, which begins with a dot, went is no such change: the next write takes it away.

What was still unfsynced is an empty file, and an unfsynced rename is a name that is not there, on the disk that a cut leaves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Inode = tuple[int, int]  # device, inode


class Recorder:
    """What was made durable so far. faults: what a power cut would have lost."""

    def __init__(self, passing: Path | None = None) -> None:
        self._passing = passing
        self.faults: list[str] = []
        self.fsyncs = 0
        self.renames = 0
        self._files: dict[Inode, int] = {}  # -> its ctime (ns) when it was fsynced
        self._dirty: dict[Inode, Path] = {}  # folders whose names changed since

    def fsync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self.fsyncs += 1
        self._files[_inode(status)] = status.st_ctime_ns
        self._dirty.pop(_inode(status), None)

    def sync(self, path: Path) -> None:
        """The whole file system of that path."""
        for top, _, names in os.walk(path):
            for entry in [Path(top), *(Path(top, name) for name in names)]:
                status = entry.lstat()
                self._files[_inode(status)] = status.st_ctime_ns
                self._dirty.pop(_inode(status), None)

    def rename(self, source: Path, target: Path) -> None:
        self.renames += 1
        if not source.is_symlink():
            entries = [Path(top, name) for top, _, names in os.walk(source) for name in names] if source.is_dir() else [source]
            late = [entry for entry in entries if not entry.is_symlink() and not self._durable(entry)]
            self.faults += [f"{entry} was not durable when it became {target}" for entry in late]
        self.changed(source.parent)
        self.changed(target.parent)

    def changed(self, folder: Path) -> None:
        if folder.is_dir() and not (self._passing and folder.is_relative_to(self._passing)):
            self._dirty[_inode(folder.stat())] = folder

    def end(self) -> None:
        """Nothing may be left."""
        there = {inode: folder for inode, folder in self._dirty.items() if folder.is_dir() and _inode(folder.stat()) == inode}
        self.faults += [f"the names in {folder} changed and were never made durable" for folder in there.values()]

    def _durable(self, file: Path) -> bool:
        status = file.lstat()
        return self._files.get(_inode(status)) == status.st_ctime_ns


@contextmanager
def durable(monkeypatch: pytest.MonkeyPatch, *already: Path, passing: Path | None = None) -> Iterator[Recorder]:
    """See that all which is written in the block would be there after a power cut behind it.

    already: folders with all below them that are durable when the block begins. passing: one in which nothing need survive.
    """
    recorder = Recorder(passing)
    for folder in already:
        recorder.sync(folder)
    with monkeypatch.context() as patch:
        _record(patch, recorder)
        yield recorder
    recorder.end()
    assert not recorder.faults, "\n".join(recorder.faults)
    assert recorder.fsyncs, "nothing was ever fsynced"


def _record(patch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    real = {name: getattr(os, name) for name in ("fsync", "rename", "replace", "unlink", "remove", "symlink", "mkdir", "link")}

    def fsync(descriptor: int) -> None:
        real["fsync"](descriptor)
        recorder.fsync(descriptor)

    def moved(name: str) -> Any:
        def act(source: Any, target: Any, **more: Any) -> None:
            if "src_dir_fd" not in more:  # so only what is being removed is moved
                recorder.rename(Path(source), Path(target))
            real[name](source, target, **more)

        return act

    def named(name: str, at: int) -> Any:
        def act(*args: Any, **more: Any) -> None:
            real[name](*args, **more)
            path = Path(args[at])
            if more.get("dir_fd") is None and not (name in {"unlink", "remove"} and path.name.startswith(".")):
                recorder.changed(path.parent)

        return act

    patch.setattr(os, "fsync", fsync)
    for name in ("rename", "replace"):
        patch.setattr(os, name, moved(name))
    for name, at in {"unlink": 0, "remove": 0, "symlink": 1, "mkdir": 0, "link": 1}.items():
        patch.setattr(os, name, named(name, at))
    _watch_sync(patch, recorder)


def _watch_sync(patch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    """`sync -f FOLDER` by the one runner of commands."""
    for module in [m for name, m in sys.modules.items() if name.startswith("orchestrator.") and hasattr(m, "run")]:
        real = module.run
        if getattr(real, "__module__", "") != "orchestrator.command":
            continue

        def run(args: Any, *rest: Any, _real: Any = real, **more: Any) -> Any:
            result = _real(args, *rest, **more)
            if args[0] == "sync":
                recorder.sync(Path(args[-1]))
            return result

        patch.setattr(module, "run", run)


def _inode(status: os.stat_result) -> Inode:
    return status.st_dev, status.st_ino
