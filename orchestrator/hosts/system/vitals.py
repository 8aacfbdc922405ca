"""What the doctor measures on one host, put together (workflows.host.doctor.Vitals)."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import stat
import struct
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.command import run
from orchestrator.hosts.application import services
from orchestrator.hosts.database.records import Records
from orchestrator.hosts.mail import daemons
from orchestrator.hosts.mail.sendmail import OWN_QUEUES, SYSTEM_QUEUES
from orchestrator.hosts.network.firewall import Firewalld
from workflows.host.doctor import DkimKey, Job, MailLog, Names, Selinux, Space, Stalled, UnitStory
from workflows.host.mail import Mta

if TYPE_CHECKING:
    from orchestrator.settings import Settings

SECONDS = 30.0
MAIL_LOG = Path("/var/log/maillog")  # where OpenEMM reads it (guide 4.7)
OTHER_LOGS = (Path("/var/log/mail"), Path("/var/log/mail.log"))  # SLES, Debian
LOG_TAIL = 4 << 20
SELINUX_NOW, SELINUX_CONFIG = Path("/sys/fs/selinux/enforce"), Path("/etc/selinux/config")
POSTFIX_QUEUES = ("maildrop", "incoming", "active", "deferred", "defer", "bounce", "hold", "corrupt", "private", "public")
ELSEWHERE = "192.0.2.1"  # an address that nobody has (RFC 5737); nothing is sent there
LISTEN = "0A"
_STORY = ("LoadState", "ActiveState", "UnitFileState", "ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic")
_MODE = re.compile(r"^\s*SELINUX=(\w+)", re.MULTILINE)


class RealVitals:
    """The vitals of one site's host."""

    def __init__(self, settings: Settings, root: Path = Path("/"), postconf: Sequence[str] = ("postconf",)) -> None:
        """Name it. root: where /etc, /sys and /var are looked for. postconf: how Postfix's configuration is asked for."""
        self._settings = settings
        self._root = root
        self._postconf = postconf
        self._records = Records(settings)

    def names(self, resolver: str | None) -> Names:
        """Over DNS alone."""
        from orchestrator.hosts.network.names import DnsNames

        return DnsNames(resolver)

    # --- the system ---------------------------------------------------------------------------------------------------

    def systemd(self) -> bool:
        """As sd_booted says."""
        return self._at(Path("/run/systemd/system")).is_dir()

    def unit(self, name: str) -> UnitStory:
        """As systemctl shows it."""
        if not self.systemd():
            return UnitStory(exists=False)
        args = ["systemctl", "show", f"--property={','.join(_STORY)}", name]
        values = dict(line.partition("=")[::2] for line in run(args, timeout=SECONDS).stdout.splitlines())
        return UnitStory(
            exists=values.get("LoadState") == "loaded",
            enabled=values.get("UnitFileState") in ("enabled", "enabled-runtime"),
            state=values.get("ActiveState", "unknown"),
            started=_moment(values.get("ActiveEnterTimestampMonotonic", "")),
            ended=_moment(values.get("InactiveEnterTimestampMonotonic", "")),
        )

    def processes(self, programs: Sequence[str]) -> Sequence[int]:
        """By the names of their program files."""
        return daemons.running(lambda _, program: program.name in programs)

    def selinux(self) -> Selinux:
        """What the kernel's own file says, and /etc/selinux/config."""
        now, config = self._at(SELINUX_NOW), self._at(SELINUX_CONFIG)
        match = _MODE.search(config.read_text(errors="replace")) if config.is_file() else None
        state = "disabled" if not now.is_file() else "enforcing" if now.read_text().strip() == "1" else "permissive"
        return Selinux(state, match[1].lower() if match else None)

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

    # --- the network --------------------------------------------------------------------------------------------------

    def listening(self, port: int) -> Sequence[str]:
        """By /proc/net."""
        found = []
        for table in ("tcp", "tcp6"):
            path = daemons.PROC / "net" / table
            for line in path.read_text().splitlines()[1:] if path.is_file() else ():
                fields = line.split()
                address, _, number = fields[1].rpartition(":")
                if fields[3] == LISTEN and int(number, 16) == port:
                    found.append(_address(address))
        return sorted(set(found))

    def firewall(self, port: int) -> bool | None:
        """Now and after the next start of firewalld, by itself, within a range or with a service."""
        firewall = Firewalld()
        if not firewall.running():
            return None
        ranges = (entry.removesuffix("/tcp").split("-") for entry in firewall.ports() if entry.endswith("/tcp"))
        return any(int(ends[0]) <= port <= int(ends[-1]) for ends in ranges)

    def outgoing(self) -> str | None:
        """As the kernel would choose it; connecting a datagram socket sends nothing."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((ELSEWHERE, 9))
            except OSError:
                return None
            return str(probe.getsockname()[0])

    # --- mail ---------------------------------------------------------------------------------------------------------

    def missing_queue_folders(self, mta: Mta) -> Sequence[str]:
        """Postfix's below its queue_directory; OpenEMM's own of Sendmail, and its main one."""
        if mta is Mta.POSTFIX:
            queue = Path(run([*self._postconf, "-h", "queue_directory"], timeout=SECONDS).stdout.strip())
            folders = [queue / name for name in POSTFIX_QUEUES]
        else:
            folders = [self._settings.home / "var/spool" / name for name in OWN_QUEUES]
            folders.append(self._at(Path(SYSTEM_QUEUES["mqueue"])))
        return [str(folder) for folder in folders if not folder.is_dir()]

    def mail_log(self) -> MailLog:
        """Its last 4 MiB."""
        path = self._at(MAIL_LOG)
        if not path.is_file():
            other = next((other for other in OTHER_LOGS if self._at(other).is_file()), None)
            return MailLog(str(path), exists=False, other=str(self._at(other)) if other else None)
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - LOG_TAIL))
            lines = file.read(LOG_TAIL).decode("utf-8", "replace").splitlines()
        whole = lines[1:] if status.st_size > LOG_TAIL else lines
        return MailLog(str(path), exists=True, mode=stat.S_IMODE(status.st_mode), lines=tuple(whole))

    def services(self) -> Mapping[str, str]:
        """By `backend.sh status` (`services.ask`)."""
        return services.ask(self._settings.home, self._settings.user)

    def jobs(self) -> Sequence[Job]:
        """Of job_queue_tbl."""
        return self._records.jobs()

    def stalled(self) -> Sequence[Stalled]:
        """Of maildrop_status_tbl."""
        return self._records.stalled()

    def clock_ahead(self) -> float:
        """By the database's SYSDATE."""
        return self._records.clock_ahead()

    def dkim_keys(self) -> Sequence[DkimKey] | None:
        """Of dkim_key_tbl."""
        return self._records.dkim_keys()

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/")


def _moment(text: str) -> datetime | None:
    """Microseconds of the monotonic clock; 0: not since the boot."""
    if not text.isdecimal() or text == "0":
        return None
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - int(text) / 1e6)


def _address(text: str) -> str:
    """An address of /proc/net: words of 32 bits, each in the host's order."""
    words = [int(text[n : n + 8], 16) for n in range(0, len(text), 8)]
    return str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words)))
