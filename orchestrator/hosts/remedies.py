"""What --fix does on a real host (workflows.host.remedies)."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.acting import below
from orchestrator.files import read_small, replace_link, sha256_file, write_atomic
from orchestrator.hosts.files.register import ContentStore
from orchestrator.hosts.units.systemd import Systemd
from workflows.host.remedies import MakeLink, Remedy, Rewrite, SetMode, SwitchOn
from workflows.model.errors import RefusedError
from workflows.model.step import Facts

if TYPE_CHECKING:
    from orchestrator.settings import Settings


class RealRemedies:
    """Remedies on one site's host. What a rewrite replaces is kept below the site's state folder."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is touched yet."""
        self._units = Systemd()
        self._kept = ContentStore(settings.state / "fixes")

    def state(self, remedy: Remedy) -> Facts:
        """Mode, target, digest, or how the unit stands; None: there is no such file."""
        match remedy:
            case SetMode(path=path):
                return {"path": path, "mode": f"{stat.S_IMODE(Path(path).stat().st_mode):04o}"}
            case MakeLink(path=path):
                link = Path(path)
                return {"path": path, "target": str(link.readlink()) if link.is_symlink() else None}
            case SwitchOn(unit=unit):
                found = self._units.state(unit)
                return {"unit": unit, "enabled": found.enabled, "active": found.active}
            case Rewrite(path=path):
                return {"path": path, "sha256": sha256_file(Path(path))}

    def keep(self, remedy: Remedy) -> Facts:
        """The content that a rewrite replaces, under its digest."""
        return {"kept": self._kept.keep([remedy.path])[0].as_json()} if isinstance(remedy, Rewrite) else {}

    def apply(self, remedy: Remedy) -> None:
        """Do it; a file by one rename."""
        match remedy:
            case SetMode():
                _set_mode(remedy)
            case MakeLink():
                _make_link(remedy)
            case SwitchOn(unit=unit):
                self._units.enable(unit)
                if not self._units.state(unit).active:
                    self._units.start(unit)
            case Rewrite():
                _rewrite(remedy)


def _set_mode(remedy: SetMode) -> None:
    """Through a descriptor: what is given the mode is the file that was looked at, whoever moves names meanwhile."""
    try:
        with below(Path(remedy.path)):
            descriptor = os.open(Path(remedy.path).resolve(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            raise _outdated(remedy.path) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _outdated(remedy.path)
        with below(Path(remedy.path)):
            os.fchmod(descriptor, remedy.mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_link(remedy: MakeLink) -> None:
    path = Path(remedy.path)
    if os.path.lexists(path):
        if path.is_symlink() and str(path.readlink()) == remedy.target:
            return
        raise _outdated(remedy.path)
    replace_link(path, remedy.target)


def _rewrite(remedy: Rewrite) -> None:
    path = Path(remedy.path)
    with below(path):
        content = read_small(path)
    if hashlib.sha256(content).hexdigest() != remedy.sha256:
        raise _outdated(remedy.path)
    write_atomic(path, remedy.text.encode("utf-8", "surrogateescape"))


def _outdated(path: str) -> RefusedError:
    return RefusedError(
        f"{path} is not what was looked at any more", key="remedy-outdated", unharmed=[path],
        next=["the same command again    looks anew"],
    )  # fmt: skip
