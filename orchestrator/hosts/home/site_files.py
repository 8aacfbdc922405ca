"""A runtime's site files win over the shipped ones, always (facts 1.4): the salt above all."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestrator.acting import current
from orchestrator.files import NEVER_SPECIAL, Owner, fsync_folder, read_small, replace_link, sha256_file, write_atomic
from workflows.host.home import CarriedFile
from workflows.model.errors import WorkflowError

SITE_FILES = ("conf/server.xml", "conf/hostname", "conf/web.xml", "bin/emm.sh.additional.properties")
KEYS = "conf/keys"
SHIPPED = ".new"
_TOMCAT = re.compile(r"tomcat\d+")


class RuntimeTreeError(WorkflowError):
    """A folder that should be a runtime holds no Tomcat folder."""

    key = "runtime-incomplete"


def tomcat_folder(runtime: Path) -> Path:
    """The folder with bin, conf and lib of a runtime tree: a vendor-installed one is that folder itself, ours holds it.

    Raises:
        RuntimeTreeError: there is none.
    """
    names = sorted(path.name for path in runtime.iterdir() if _TOMCAT.fullmatch(path.name)) if runtime.is_dir() else []
    for folder in [runtime / "tomcat", *(runtime / name for name in reversed(names)), runtime]:
        if (folder / "conf").is_dir():
            return folder.resolve()
    raise RuntimeTreeError(f"{runtime} holds no Tomcat folder with conf in it")


def carry(source: Path, target: Path, owner: Owner | None) -> list[tuple[Path, bool]]:
    """Bring the site files of one Tomcat folder into another; may be run again at any time, also after a crash.

    A shipped file that differs is kept beside as `.new` (once: what was shipped, never what the site had). Mode, and as
    root owner, are those of the site's file. A symbolic link is carried as the content it leads to.

    Returns:
        each file written or found equal, and whether the shipped one was replaced.
    """
    carried = [_carry_one(source / name, target / name, owner) for name in _names(source)]
    server, template = target / "conf/server.xml", target / "conf/server.xml.template"
    if not server.exists() and template.is_file():
        write_atomic(server, read_small(template), mode=stat.S_IMODE(template.stat().st_mode), owner=owner)
        carried.append((server, False))
    _share_logs(source, target, owner)
    return carried


def as_contract(home: Path, carried: list[tuple[Path, bool]]) -> list[CarriedFile]:
    """The same as the workflow knows it: paths relative to the home, where they lie in it."""
    root = home.resolve()
    return [
        CarriedFile(str(path.relative_to(root) if path.is_relative_to(root) else path), sha256_file(path), replaced)
        for path, replaced in carried
    ]


def _names(source: Path) -> Iterator[str]:
    for name in SITE_FILES:
        if (source / name).is_file():
            yield name
    for path in sorted((source / KEYS).rglob("*")):
        if path.is_file() and path.suffix != SHIPPED:
            yield str(path.relative_to(source))


def _carry_one(site: Path, target: Path, owner: Owner | None) -> tuple[Path, bool]:
    status = site.stat()
    content = read_small(site)
    kept = target.with_name(target.name + SHIPPED)
    _make_folders(site.parent, target.parent, owner)
    if target.is_file() and read_small(target) != content and not kept.exists():
        shipped = target.stat()
        write_atomic(kept, read_small(target), mode=stat.S_IMODE(shipped.st_mode), owner=_owner_of(shipped))
    write_atomic(target, content, mode=stat.S_IMODE(status.st_mode), owner=_owner_of(status))
    return target, kept.exists()


def _owner_of(status: os.stat_result) -> Owner | None:
    """The owner to give: that of the file read, where giving is ours."""
    return (status.st_uid, status.st_gid) if os.geteuid() == 0 else None


def _make_folders(like: Path, folder: Path, owner: Owner | None) -> None:
    if folder.is_dir():
        return
    _make_folders(like.parent, folder.parent, owner)
    folder.mkdir()
    folder.chmod(stat.S_IMODE(like.stat().st_mode) & NEVER_SPECIAL)
    if owner and current() is None:
        os.chown(folder, *owner)
    fsync_folder(folder.parent)


def _share_logs(source: Path, target: Path, owner: Owner | None) -> None:
    """Logs stay in one place: a new runtime's `logs` is a relative link to the real folder of the old one."""
    logs = target / "logs"
    real = (source / "logs").resolve()
    if real.is_dir() and real != logs.resolve():
        if logs.is_dir() and not logs.is_symlink():
            if any(logs.iterdir()):
                return
            logs.rmdir()
        replace_link(logs, os.path.relpath(real, target), owner)
    elif not logs.exists():
        logs.unlink(missing_ok=True)  # a link that leads nowhere
        logs.mkdir(mode=0o755)
        if owner and current() is None:
            os.chown(logs, *owner)
        fsync_folder(target)
