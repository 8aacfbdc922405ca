"""The site files of a runtime tree as they were before others were carried into it, kept until a run is forgotten."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from orchestrator.acting import acting
from orchestrator.files import fsync_folder, make_folder, read_small, replace_link, small_text, write_atomic
from orchestrator.hosts.home.site_files import KEYS, SHIPPED, SITE_FILES

LIST = "files.json"  # written last: without it nothing was kept


def keep(tomcat: Path, folder: Path) -> None:
    """Copy what carrying may change into a folder of ours, 0700; one that is complete stays as it is."""
    with acting(None):
        if (folder / LIST).exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder, 0o700)
    logs = tomcat / "logs"
    kept: dict[str, Any] = {"files": {}, "keys": (tomcat / KEYS).is_dir(), "logs": _logs(logs)}
    for number, name in enumerate(_changeable(tomcat)):
        status, content = (tomcat / name).stat(), read_small(tomcat / name)
        with acting(None):
            write_atomic(folder / str(number), content, mode=0o600)
        kept["files"][name] = {
            "copy": str(number), "mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid,
        }  # fmt: skip
    with acting(None):
        write_atomic(folder / LIST, json.dumps(kept, indent=1, sort_keys=True), mode=0o600)
        fsync_folder(folder.parent)


def put_back(tomcat: Path, folder: Path) -> None:
    """Make the tree's site files what they were; may be run again at any time, and does nothing where none were kept."""
    with acting(None):
        if not (folder / LIST).exists():
            return
        kept = json.loads(small_text(folder / LIST))
        contents = {name: read_small(folder / file["copy"]) for name, file in kept["files"].items()}
    for name in _changeable(tomcat):
        if name not in kept["files"]:
            (tomcat / name).unlink()
            fsync_folder((tomcat / name).parent)
    if not kept["keys"] and (tomcat / KEYS).is_dir():
        shutil.rmtree(tomcat / KEYS)
        fsync_folder((tomcat / KEYS).parent)
    for name, file in kept["files"].items():
        owner = (file["uid"], file["gid"]) if os.geteuid() == 0 else None
        write_atomic(tomcat / name, contents[name], mode=file["mode"], owner=owner)
    _put_logs_back(tomcat / "logs", kept["logs"])


def _changeable(tomcat: Path) -> list[str]:
    names = [name + ending for name in SITE_FILES for ending in ("", SHIPPED) if (tomcat / (name + ending)).is_file()]
    keys = [str(path.relative_to(tomcat)) for path in sorted((tomcat / KEYS).rglob("*")) if path.is_file()]
    return names + keys


def _logs(logs: Path) -> str | bool:
    """Where the link leads, or whether there is a real folder."""
    return str(logs.readlink()) if logs.is_symlink() else logs.is_dir()


def _put_logs_back(logs: Path, was: str | bool) -> None:
    if _logs(logs) == was:
        return
    if isinstance(was, str):
        if logs.is_dir() and not logs.is_symlink():
            logs.rmdir()
        replace_link(logs, was)
    elif logs.is_symlink():
        logs.unlink()
        if was:
            logs.mkdir(mode=0o755)
        fsync_folder(logs.parent)
