"""The computer that OpenEMM is installed on: distribution, limits, and the services whose settings an installation writes."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.command import PATH, run, tail
from orchestrator.hosts.backups import room
from orchestrator.hosts.network import host_name
from orchestrator.hosts.units.systemd import Systemd, act
from workflows.host.system import Distribution, Family

OS_RELEASE = Path("/etc/os-release")
PROC = Path("/proc")
SELINUX = Path("/sys/fs/selinux/enforce")
SELINUX_CONFIG = Path("/etc/selinux/config")
RSYSLOG = Path("/etc/rsyslog.conf")
SECONDS = 60.0
ANYBODY = "nobody"  # whose session shows what an account gets that is not there yet
SOFTLY, HARD = "DefaultLimitNOFILESoft", "DefaultLimitNOFILE"
UNLIMITED = 2**64 - 1  # as systemd and ulimit mean it
FAMILIES = {
    Family.RHEL: ("rhel", "centos", "fedora", "rocky", "almalinux", "ol"),
    Family.SUSE: ("suse", "sles", "opensuse", "opensuse-leap", "sled"),
    Family.DEBIAN: ("debian",),
}


class RealSystem:
    """As `workflows.host.system.System` asks for it."""

    def distribution(self) -> Distribution:
        """By /etc/os-release: the ID tells the family, else the first known word of ID_LIKE; Ubuntu is none of ours."""
        text = OS_RELEASE.read_text(encoding="utf-8", errors="replace") if OS_RELEASE.is_file() else ""
        return parse_os_release(text)

    def memory(self) -> int:
        """What the kernel manages."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def free(self, path: str) -> int:
        """For others than root."""
        return room.free(Path(path))

    def name(self) -> str | None:
        """As the resolver says."""
        return host_name.full_name()

    def selinux(self) -> str:
        """By the kernel."""
        if SELINUX.is_file():
            return "enforcing" if SELINUX.read_text().strip() == "1" else "permissive"
        return "disabled" if SELINUX_CONFIG.is_file() else "absent"

    def open_files(self, user: str) -> tuple[int, int]:
        """By a login session made for it (PAM)."""
        name = user if _exists(user) else ANYBODY
        login = ["runuser", "--login", "--shell=/bin/sh", "--command=ulimit -Sn; ulimit -Hn", name]
        soft, hard = run(login, timeout=SECONDS, cwd="/").stdout.split()[-2:]
        return _limit(soft), _limit(hard)

    def default_open_files(self) -> tuple[int, int] | None:
        """As systemd shows it."""
        if not Systemd().available():
            return None
        shown = _properties(run(["systemctl", "show", f"--property={SOFTLY},{HARD}"], timeout=SECONDS).stdout)
        return _limit(shown.get(SOFTLY, shown[HARD])), _limit(shown[HARD])  # systemd 219 knows one value for both

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

    # --- systemd ------------------------------------------------------------------------------------------------------

    def systemd(self) -> int:
        """As systemctl tells it."""
        if not Systemd().available():
            return 0
        match = re.search(r"\d+", run(["systemctl", "--version"], timeout=SECONDS).stdout)
        return int(match[0]) if match else 0

    def reload_units(self) -> None:
        """Nothing where systemd does not run."""
        if Systemd().available():
            run(["systemctl", "daemon-reload"], timeout=SECONDS)

    def reload_needed(self, unit: str) -> bool:
        """As systemd says."""
        if not Systemd().available():
            return False
        shown = run(["systemctl", "show", "--property=NeedDaemonReload", unit], timeout=SECONDS).stdout
        return _properties(shown).get("NeedDaemonReload") == "yes"

    def reexecute(self) -> None:
        """Services run on; nothing where systemd does not run."""
        if Systemd().available():
            run(["systemctl", "daemon-reexec"], timeout=SECONDS)

    def restart_unit(self, unit: str) -> None:
        """Starts one, too, that does not run."""
        act("restart", unit)

    def stale(self, unit: str, paths: Sequence[str]) -> bool:
        """By when its main process began, and when the files' inodes last changed; both on the clock of now."""
        if not Systemd().available():
            return False
        shown = run(["systemctl", "show", "--property=ActiveState,ExecMainStartTimestampMonotonic", unit], timeout=SECONDS).stdout
        found = _properties(shown)
        if found.get("ActiveState") != "active":
            return True
        age = time.clock_gettime(time.CLOCK_MONOTONIC) - int(found["ExecMainStartTimestampMonotonic"]) / 1e6
        began = time.time() - age
        return any(Path(path).stat().st_ctime > began for path in paths if Path(path).exists())

    # --- what the owners of the files say -----------------------------------------------------------------------------

    def verify_unit(self, name: str, text: str) -> Sequence[str]:
        """By systemd-analyze; what it says of other units is left out."""
        if not shutil.which("systemd-analyze", path=PATH):
            return []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_text(text, encoding="utf-8")
            said = run(["systemd-analyze", "verify", str(path)], timeout=SECONDS, expect=None)
        return [line.replace(f"{folder}/", "") for line in tail(said.stderr) if name in line]

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


def parse_os_release(text: str) -> Distribution:
    """What an os-release file says."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    values = {name.strip(): " ".join(shlex.split(value)) for name, _, value in pairs}
    known = values.get("ID", "")
    words = [known] if known == "ubuntu" else [known, *values.get("ID_LIKE", "").split()]
    family = next((family for word in words for family, ids in FAMILIES.items() if word in ids), None)
    return Distribution(known, values.get("VERSION_ID", ""), family, values.get("PRETTY_NAME", known))


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _properties(shown: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in shown.splitlines())


def _limit(text: str) -> int:
    return int(text) if text.isdecimal() else UNLIMITED
