"""The database server is installed, fits the release, and runs (guide 3.4 to 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.server import DatabaseServer
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.needs import meets
from workflows.rules.packages import lacking
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

SERVER, CLIENT = "database-server", "database-client"  # capabilities
SOFTWARE, VERSION, ENABLED, RUNNING = "database.software", "database.version", "database.enabled", "database.running"
CLIENTS = "database.client"
PROGRAMS = (("mariadb", "mysql"), ("mariadb-dump", "mysqldump"))  # one of each: what a backup needs
LINKS = "/usr/local/bin"  # where the clients of a Software Collection are made known


@dataclass(frozen=True)
class DatabaseSoftware(SetupStep):
    """A server that is there is kept, whoever installed it; one that does not fit is never replaced, because of its data."""

    part: ClassVar[str] = "database-software"
    label: ClassVar[str] = "database server"
    guide: ClassVar[tuple[str, ...]] = ("3.4", "3.5", "3.6", "3.7")

    def look(self, host: Host) -> Sequence[Difference]:
        """Program, version, clients, unit."""
        found = []
        version = host.server.version()
        if version is None:
            found.append(Difference(SOFTWARE, "the database server", None, "MariaDB"))
        elif unfit := self._unfit(version):
            found.append(Difference(VERSION, "the database server", version, unfit, by_admin=True))
        if missing := [names[0] for names in self._missing(host)]:
            found.append(Difference(CLIENTS, "the database's programs", None, " and ".join(missing)))
        unit = host.server.unit()
        state = host.units.state(unit) if unit else None
        if state is None or not state.enabled:
            found.append(Difference(ENABLED, "the database server at boot", "not started" if state else None, "started"))
        if state is None or not state.active:
            found.append(Difference(RUNNING, "the database server", "stopped" if state else None, "running"))
        return found

    def seen(self, host: Host) -> Facts:
        """How the unit stands, and whether there is data."""
        unit = host.server.unit()
        state = host.units.state(unit) if unit else None
        return {"enabled": bool(state and state.enabled), "active": bool(state and state.active),
                "data": host.server.data_begun()}  # fmt: skip

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Install what is missing, then enable and start it.

        Raises:
            RefusedError: "database-server-missing" where none may be installed, "database-version-unfit".
        """
        keys = {difference.key for difference in differences}
        if VERSION in keys:
            raise self._refused(str(host.server.version()))
        self._install(ctx, host, keys)
        if unfit := self._unfit(str(host.server.version())):
            ctx.note("the database server of this distribution is not the one the release asks for", wanted=unfit)
            if VERSION not in self.plan.answers.differences:
                raise self._refused(str(host.server.version()))
        self._link(ctx, host)
        unit = host.server.unit()
        if unit is None:
            raise RefusedError(
                "cannot find the service of the database server", key="database-unit-missing",
                next=["systemctl list-unit-files 'm*'    is there one of another name?"],
            )  # fmt: skip
        host.units.enable(unit)
        if not host.units.state(unit).active:
            host.units.start(unit)

    def cut_off(self, ctx: Context, host: Host) -> None:
        """Over the half of its first databases a package makes no others, and the server does not start or lets nobody in.

        They are this run's own where nothing was there before; the server runs only once they are whole.
        """
        if ctx.intent.get("data", True):
            return
        host.os_packages.wait()
        if not lacking(host, SERVER):
            return
        unit = host.server.unit()
        if unit and host.units.state(unit).active:
            return
        if folder := host.server.set_data_aside():
            ctx.note("the first databases of the server were half made, and are made anew", set_aside=folder)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Stop and remove what this run brought; a server that was there is left as it was found. Its data folder stays.

        What is half made of it is set aside, or no server could ever be installed over it.
        """
        self.cut_off(ctx, host)
        unit = host.server.unit()
        if unit:
            if not ctx.intent["active"] and host.units.state(unit).active:
                host.units.stop(unit)
            if not ctx.intent["enabled"] and host.units.state(unit).enabled:
                host.units.disable(unit)
        for path in ctx.intent.get("links", ()):
            host.files.remove_link(path)
        packages.take_back(ctx, host)

    def evidence(self, host: Host) -> Facts:
        """Which it is, and whether it is one that the release asks for."""
        version = host.server.version() or ""
        known = self._meets(version)
        return {"version": version, "asked_for": known is True}

    def _install(self, ctx: Context, host: Host, keys: set[str]) -> None:
        if SOFTWARE in keys and self.plan.answers.database == "existing":
            raise RefusedError(
                "there is no database server on this host, and none may be installed", key="database-server-missing",
                unharmed=["nothing was installed"],
                next=["the same command with --database local    installs one"],
            )  # fmt: skip
        if SOFTWARE in keys or ctx.intent.get("added"):  # begun and cut off: the program may be there, and its data folder not
            packages.add(ctx, host, [SERVER, CLIENT])
        elif CLIENTS in keys:
            packages.add(ctx, host, [CLIENT])

    def _missing(self, host: Host) -> list[tuple[str, str]]:
        return [names for names in PROGRAMS if not any(host.software.program(name) for name in names)]

    def _link(self, ctx: Context, host: Host) -> None:
        """OpenEMM and this tool look for the clients on their path, where a Software Collection's are not (guide 3.4)."""
        folder = host.server.collection()
        names = [older for _, older in self._missing(host)] if folder else []
        ctx.remember(links=[*ctx.intent.get("links", ()), *(f"{LINKS}/{name}" for name in names)])
        for name in names:
            host.files.write_link(f"{LINKS}/{name}", f"{folder}/{name}")

    def _meets(self, version: str) -> bool | None:
        needs = [need for need in self.plan.hop.rules.needs if need.name == "dbms"]
        return None if not needs else meets([one for need in needs for one in need.any_of], version)

    def _unfit(self, version: str) -> str | None:
        """What is wanted instead of it; None when it will do.

        A MariaDB that is newer than those the guide names does where the need does not stop: 20.10 was seen to work on 10.11
        (facts 13, 17). A MySQL that it does not name, and what is older than all, does not.
        """
        needs = [need for need in self.plan.hop.rules.needs if need.name == "dbms"]
        if self._meets(version) is not False:
            return None
        wanted = [one for need in needs for one in need.any_of]
        stops = any(need.stops for need in needs)
        if not stops and version.startswith("MariaDB") and _numbers(version) > max(map(_numbers, wanted)):
            return None
        return " or ".join(wanted)

    def _refused(self, version: str) -> RefusedError:
        return RefusedError(
            f"{version} does not fit {self.plan.target}, which needs {self._unfit(version)}",
            key="database-version-unfit", unharmed=[f"{version}, and the data in it: never removed by this tool"],
            next=["remove it by hand, once its data is saved or not needed (guide 3.4)",
                  "orchestrate resume    then installs the one that fits",
                  f"the same command with --keep {VERSION}    uses it as it is, untested"],
        )  # fmt: skip


def warnings(server: DatabaseServer) -> list[str]:
    """What is odd about the server but keeps nobody from using it."""
    if server.running() and server.root_without_password():
        return ["root of the database server needs no password over TCP: run mariadb-secure-installation (guide 3.5)"]
    return []


def _numbers(version: str) -> tuple[int, ...]:
    digits = "".join(c if c.isdigit() else " " for c in version).split()
    return tuple(int(part) for part in digits)
