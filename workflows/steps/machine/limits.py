"""How many files a process may have open (guide 4.7; facts 10.2): emm.sh ends when it is fewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.by_hand import LIMITS, NOFILE
from workflows.steps.machine import places
from workflows.steps.setup import SetupStep

SYSTEMD = "/etc/systemd/system.conf.d/90-openemm.conf"
SESSIONS, SERVICES = "limits.nofile", "limits.nofile.services"
TWO_VALUES = 229  # the systemd from which a default has a soft and a hard value
_DEFAULT = "DefaultLimitNOFILE"


@dataclass(frozen=True)
class KernelLimits(SetupStep):
    """Raise the soft limit of sessions and of services; a hard limit that is higher already stays."""

    part: ClassVar[str] = "limits"
    label: ClassVar[str] = "kernel limits"
    guide: ClassVar[tuple[str, ...]] = ("4.7",)

    def look(self, host: Host) -> Sequence[Difference]:
        """What a fresh session and a new service really get."""
        found = []
        for user, key in ((self.plan.user, SESSIONS), ("root", f"{SESSIONS}.root")):
            soft, _ = host.system.open_files(user)
            if soft < NOFILE:
                where = set_for_sessions(host, user)
                now = f"{soft} ({where})" if where else str(soft)
                found.append(Difference(key, f"open files of {user}", now, str(NOFILE), by_admin=bool(where)))
        default = host.units.open_files()
        if default and default[0] < NOFILE:
            where = set_for_services(host)
            now = f"{default[0]} ({where})" if where else str(default[0])
            found.append(Difference(SERVICES, "open files of services", now, str(NOFILE), by_admin=bool(where)))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """Our own two."""
        del host
        return [LIMITS, SYSTEMD]

    def seen(self, host: Host) -> Facts:
        """The folders we make."""
        return {"folders": places.missing(host, [_folder(LIMITS), _folder(SYSTEMD)])}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Write what is needed; systemd takes its own at once, sessions when they begin."""
        del ctx
        keys = {difference.key for difference in differences}
        if keys - {SERVICES}:
            host.files.write(LIMITS, self._limits(host), mode=0o644)
        default = host.units.open_files()
        if SERVICES in keys and default:
            hard = f":{default[1]}" if default[1] > NOFILE and host.units.version() >= TWO_VALUES else ""
            host.files.write(SYSTEMD, f"{places.WRITTEN} (guide 4.7).\n[Manager]\n{_DEFAULT}={NOFILE}{hard}\n", mode=0o644)
            host.units.reexecute()

    def take_back(self, ctx: Context, host: Host) -> None:
        """Let systemd read what is there now."""
        places.remove(host, ctx.intent["folders"])
        host.units.reexecute()

    def _limits(self, host: Host) -> str:
        """For everybody, as the vendor's tool does it; root and OpenEMM by name too, whom a wildcard may not reach."""
        lines = [f"{places.WRITTEN} (guide 4.7)."]
        for domain, user in (("*", self.plan.user), (self.plan.user, self.plan.user), ("root", "root")):
            _, hard = host.system.open_files(user)
            lines += [f"{domain} soft nofile {NOFILE}", f"{domain} hard nofile {max(NOFILE, hard)}"]
        return "\n".join(lines) + "\n"


def set_for_sessions(host: Host, user: str) -> str | None:
    """The file of somebody else that sets a lower soft limit for that user."""
    for path, words in _entries(host, "/etc/security/limits.conf", "/etc/security/limits.d", LIMITS):
        domain, kind, item, value = words[:4] if len(words) >= 4 else ("", "", "", "")  # noqa: PLR2004 - pam_limits' four columns
        mine = domain == user or domain.startswith("@") or (domain == "*" and user != "root")
        if mine and kind in {"soft", "-"} and item == "nofile" and value.isdecimal() and int(value) < NOFILE:
            return path
    return None


def set_for_services(host: Host) -> str | None:
    """The file of somebody else that sets systemd's default."""
    for path, words in _entries(host, "/etc/systemd/system.conf", "/etc/systemd/system.conf.d", SYSTEMD):
        if words[0].startswith(f"{_DEFAULT}="):
            return path
    return None


def _entries(host: Host, file: str, folder: str, ours: str) -> Iterator[tuple[str, list[str]]]:
    """The words of every line that is no comment, with the file it stands in."""
    names = [f"{folder}/{name}" for name in host.files.listing(folder) if name.endswith(".conf")]
    for path in [file, *(name for name in names if name != ours)]:
        for line in (host.files.read(path) or "").splitlines():
            words = line.partition("#")[0].split()
            if words:
                yield path, words


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
