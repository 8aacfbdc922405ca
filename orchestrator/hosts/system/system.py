"""The computer OpenEMM runs on, and its operating system (workflows.host.system.System)."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestrator import processes
from orchestrator.command import PATH, run, tail
from orchestrator.data import distributions
from workflows.host.system import Distribution, Selinux, Space

PROC = Path("/proc")
SELINUX, SELINUX_CONFIG = Path("/sys/fs/selinux/enforce"), Path("/etc/selinux/config")
RSYSLOG = Path("/etc/rsyslog.conf")
SECONDS = 60.0
ANYBODY = "nobody"  # whose session shows what an account gets that is not there yet
UNLIMITED = 2**64 - 1  # as ulimit means it
_MODE = re.compile(r"^\s*SELINUX=(\w+)", re.MULTILINE)


class RealSystem:
    """The computer of one site."""

    def __init__(self, home: Path = Path("/home/openemm"), root: Path = Path("/")) -> None:
        """home: of OpenEMM, which has software of its own. root: where /etc and /sys are looked for."""
        self._home = home
        self._root = root

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)

    def local_time(self) -> datetime:
        """Aware, in the host's zone."""
        return self.now().astimezone()

    def distribution(self) -> Distribution:
        """By /etc/os-release."""
        return distributions.read()

    def facts(self) -> Mapping[str, str]:
        """See `facts.facts`."""
        from orchestrator.hosts.system import facts

        return facts.facts(self._home)

    def memory(self) -> int:
        """What the kernel manages."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def space(self, path: str) -> Space:
        """Of the nearest folder above that is there."""
        place = Path(path)
        while not place.exists() and place != place.parent:
            place = place.parent
        found = os.statvfs(place)
        return Space(
            device=place.stat().st_dev, free=found.f_bavail * found.f_frsize, total=found.f_blocks * found.f_frsize,
            inodes_free=found.f_favail, inodes=found.f_files, read_only=bool(found.f_flag & os.ST_RDONLY),
        )  # fmt: skip

    def selinux(self) -> Selinux:
        """What the kernel's own file says, and /etc/selinux/config."""
        now, config = self._at(SELINUX), self._at(SELINUX_CONFIG)
        match = _MODE.search(config.read_text(errors="replace")) if config.is_file() else None
        if now.is_file():
            state = "enforcing" if now.read_text().strip() == "1" else "permissive"
        else:
            state = "disabled" if config.is_file() else "absent"
        return Selinux(state, match[1].lower() if match else None)

    def open_files(self, user: str) -> tuple[int, int]:
        """By a login session made for it (PAM)."""
        name = user if _exists(user) else ANYBODY
        login = ["runuser", "--login", "--shell=/bin/sh", "--command=ulimit -Sn; ulimit -Hn", name]
        soft, hard = run(login, timeout=SECONDS, cwd="/").stdout.split()[-2:]
        return _limit(soft), _limit(hard)

    def processes(self, programs: Sequence[str]) -> Sequence[int]:
        """By the names of their program files."""
        return processes.pids(lambda _, program: program.name in programs)

    def process_user(self, pid: int) -> str | None:
        """By /proc."""
        try:
            uid = (PROC / str(pid)).stat().st_uid
        except FileNotFoundError:
            return None
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    # --- what the owners of the files say -----------------------------------------------------------------------------

    def verify_logrotate(self, text: str) -> Sequence[str]:
        """By its dry run, on a state file of its own."""
        if not shutil.which("logrotate", path=PATH):
            return []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "checked")
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
            path.chmod(0o600)
            said = run(["logrotate", "--debug", f"--state={folder}/state", str(path)], timeout=SECONDS, expect=None)
        errors = [line.replace(str(path), "it") for line in tail(said.stderr, 200) if line.startswith("error")]
        return errors or (tail(said.stderr, 3) if said.exit_code else [])

    def verify_rsyslog(self, files: Mapping[str, str]) -> Sequence[str]:
        """By rsyslogd -N1 on a copy of rsyslog.conf and of the folder it includes, with the texts put in."""
        if not (shutil.which("rsyslogd", path=PATH) and RSYSLOG.is_file()):
            return []
        included = RSYSLOG.with_suffix(".d")
        texts = {path: path.read_bytes() for path in (RSYSLOG, *sorted(included.glob("*.conf"))) if path.is_file()}
        texts |= {Path(path): text.encode("utf-8", "surrogateescape") for path, text in files.items()}
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, included.name)
            copy.mkdir()
            for path, text in texts.items():
                target = Path(folder, path.name) if path == RSYSLOG else copy / path.name
                target.write_bytes(text.replace(f"{included}/".encode(), f"{copy}/".encode()))
            said = run(["rsyslogd", "-N1", "-f", f"{folder}/{RSYSLOG.name}"], timeout=SECONDS, expect=None)
        lines = [line.replace(f"{folder}/", "/etc/") for line in tail(said.stderr)]
        return [line for line in lines if "error" in line or "warning" in line] or lines if said.exit_code else []

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _limit(text: str) -> int:
    return int(text) if text.isdecimal() else UNLIMITED
