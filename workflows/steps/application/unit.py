"""OpenEMM starts with the host, after its database and its mail server (guide 9.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context
from workflows.steps.machine import places
from workflows.steps.setup import SetupStep

NAME = "openemm.service"
FOLDER = "/etc/systemd/system"
PATH = f"{FOLDER}/{NAME}"
WANTED_BY = "multi-user.target"
AFTER = ("var-run.mount", "network.target", "local-fs.target", "time-sync.target", "sendmail.service", "postfix.service",
         "mariadb.service", "mysqld.service", "mysql.service")  # fmt: skip
UNIT, READ, ENABLED = "unit.openemm", "unit.read", "unit.enabled"
MUST_BE = ("User", "Group", "Type", "RemainAfterExit", "ExecStart", "ExecStop", "TimeoutSec", "WantedBy")
YES = {"yes": "true", "on": "true", "1": "true"}


@dataclass(frozen=True)
class StartupUnit(SetupStep):
    """The unit of guide 9.1, so that systemd knows the true state; one that does the same in other words is left alone."""

    part: ClassVar[str] = "unit"
    label: ClassVar[str] = "startup unit"
    guide: ClassVar[tuple[str, ...]] = ("9.1",)

    def look(self, host: Host) -> Sequence[Difference]:
        """The file with its drop-ins, whether systemd read it, and whether it is enabled."""
        text = host.files.read(PATH)
        if text is None:
            found = [Difference(UNIT, PATH, None, "present")]
        elif lacking := self._lacking(host, text):
            found = [Difference(UNIT, PATH, f"other in {', '.join(lacking)}", "as guide 9.1 says", by_admin=True)]
        elif host.units.available() and (not host.units.state(NAME).exists or host.units.reload_needed(NAME)):
            found = [Difference(READ, PATH, "not read yet", "read by systemd")]
        else:
            found = []
        if self.plan.answers.start and host.units.available() and not host.units.state(NAME).enabled:
            found.append(Difference(ENABLED, "start at boot", None, "enabled"))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """The unit."""
        del host
        return [PATH]

    def seen(self, host: Host) -> dict[str, bool]:
        """Whether it was enabled."""
        return {"enabled": host.units.state(NAME).enabled}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Show it to systemd before it is put in place."""
        del ctx
        keys = {difference.key for difference in differences}
        if UNIT in keys:
            text = self.text(host)
            places.require_accepted(PATH, host.units.verify(NAME, text))
            host.files.write(PATH, text, mode=0o644)
        host.units.reload()
        if ENABLED in keys:
            host.units.enable(NAME)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Not enabled any more, by its link: the unit itself is gone by now."""
        if not ctx.intent["enabled"]:
            host.files.remove_link(f"{FOLDER}/{WANTED_BY}.wants/{NAME}")
        host.units.reload()

    def text(self, host: Host) -> str:
        """Guide 9.1, and after the database as well."""
        program = _word(f"{self.plan.home}/bin/openemm.sh")
        user = self.plan.user
        return "\n".join(
            [
                places.WRITTEN + " (guide 9.1).", "[Unit]", "Description=OpenEMM startup script",
                f"After={' '.join(self._after(host))}", "",
                "[Service]", f"User={user}", f"Group={user}", "Type=oneshot", "RemainAfterExit=true",
                f"ExecStart={program} start", f"ExecStop={program} stop", "TimeoutSec=300", "StandardOutput=journal+console", "",
                "[Install]", f"WantedBy={WANTED_BY}", "",
            ]
        )  # fmt: skip

    def _after(self, host: Host) -> list[str]:
        database = host.server.unit()
        mail = host.mail.server(self.plan.answers.mta).units
        return list(dict.fromkeys([*AFTER, *mail, *([database] if database else [])]))

    def _lacking(self, host: Host, text: str) -> list[str]:
        """The settings that do not do what ours would."""
        folder = f"{PATH}.d"
        drop_ins = [host.files.read(f"{folder}/{name}") or "" for name in host.files.listing(folder)]
        there, wanted = settings("\n".join([text, *drop_ins])), settings(self.text(host))
        lacking = [name for name in MUST_BE if there.get(name) != wanted[name]]
        database = host.server.unit()
        needed = {*host.mail.server(self.plan.answers.mta).units[:1], *([database] if database else [])}
        return lacking if needed <= set(there.get("After", "").split()) else [*lacking, "After"]


def settings(text: str) -> dict[str, str]:
    """What a unit file sets; After adds up, of everything else the last counts."""
    found: dict[str, str] = {}
    for line in text.replace("\\\n", " ").splitlines():
        name, is_setting, value = (part.strip() for part in line.partition("="))
        if not is_setting or name.startswith(("#", ";")):
            continue
        plain = " ".join(YES.get(word, word) for word in value.replace('"', "").split())
        found[name] = f"{found[name]} {plain}" if name == "After" and name in found else plain
    return found


def _word(path: str) -> str:
    """A path as the first word of a command line of systemd."""
    plain = path.replace("%", "%%")
    return f'"{plain}"' if " " in plain else plain
