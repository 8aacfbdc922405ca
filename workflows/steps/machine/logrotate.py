"""Old log files of OpenEMM go away (guide 9.7).

As the guide suggests it, with what is wrong there put right: ~/logs is a link, which `find` follows only with a slash behind it;
archives are named by date and may hold blanks; the access logs kept for 90 days were deleted after 10; a log of today is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context
from workflows.rules.texts import logrotate
from workflows.steps.machine import places
from workflows.steps.setup import SetupStep

FOLDER = "/etc/logrotate.d"
PATH = f"{FOLDER}/tomcat-openemm"
KEY = "rotation.catalina"
OPTIONS = ("copytruncate", "daily", "rotate 7", "compress", "dateext", "size 10k", "missingok")
A_DAY = "-mmin +1440"  # younger files may still be written to


@dataclass(frozen=True)
class LogRotation(SetupStep):
    """Rotate catalina.out and clean up behind it; where something rotates it already, that is left alone."""

    part: ClassVar[str] = "log-rotation"
    label: ClassVar[str] = "log rotation"
    guide: ClassVar[tuple[str, ...]] = ("9.7",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether a file of logrotate names it."""
        paths = ["/etc/logrotate.conf", *(f"{FOLDER}/{name}" for name in host.files.listing(FOLDER))]
        if any(logrotate.rotating(host.files.read(path) or "", self._log()) for path in paths):
            return []
        other = host.files.read(PATH) is not None
        now = "rotates something else" if other else None
        return [Difference(KEY, PATH, now, f"rotates {self._log()}", by_admin=other)]

    def files(self, host: Host) -> Sequence[str]:
        """Our own."""
        del host
        return [PATH]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Show it to logrotate before it is put in place."""
        del ctx, differences
        text = self.text()
        places.require_accepted(PATH, host.system.verify_logrotate(text))
        host.files.write(PATH, text, mode=0o644)

    def text(self) -> str:
        """As OpenEMM's own user, for it may put links into the folder, which root would follow."""
        options = "\n".join(f"    {option}" for option in (*OPTIONS, f"su {self.plan.user} {self.plan.user}"))
        script = "\n".join(f"        {line}" for line in self._script())
        return f'{places.WRITTEN} (guide 9.7).\n"{self._log()}" {{\n{options}\n    postrotate\n{script}\n    endscript\n}}\n'

    def _script(self) -> list[str]:
        home = self.plan.home
        logs, access, webapps = f"{home}/logs/", f"{home}/logs/access/", f"{home}/logs/webapps/"
        archive, own = f"{home}/var/spool/ARCHIVE/", f"{home}/var/log/"
        cleaned = [
            ("zip access logs that are closed, delete them after 90 days", access, [
                f"-type f -name '*.log' {A_DAY} -exec gzip -9 {{}} +", "-type f -name '*.log.gz' -mtime +90 -delete"]),
            ("delete rotated logs after 10 days, and Tomcat's own once they are closed", logs, [
                f"-path {_quoted(access + '*')} -prune -o -type f -name '*.gz' -mtime +10 -exec rm -f {{}} +",
                f"-maxdepth 1 -type f -name '*manager*.log' {A_DAY} -delete",
                f"-maxdepth 1 -type f -name 'localhost*.log' {A_DAY} -delete"]),
            ("delete files older than 5 days in logs/webapps", webapps, ["-type f -mtime +5 -delete"]),
            ("delete archives older than 10 days", archive, ["-mindepth 1 -type d -mtime +10 -prune -exec rm -rf {} +"]),
            ("delete old logs of the backend", own, ["-type f -name '*.log' -mtime +30 -delete"]),
        ]  # fmt: skip
        lines = []
        for why, folder, actions in cleaned:
            lines += [f"# {why}", f"if [ -d {_quoted(folder)} ]; then"]
            lines += [*(f"    find {_quoted(folder)} {action}" for action in actions), "fi"]
        return lines

    def _log(self) -> str:
        return f"{self.plan.home}/logs/catalina.out"


def _quoted(path: str) -> str:
    """For a shell."""
    return "'" + path.replace("'", "'\\''") + "'"
