"""What OpenEMM needs in its home beside its releases: folders, bin/setenv.sh, Tomcat's server.xml and logs (facts 1.1, 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.needs import meets
from workflows.rules.texts import setenv
from workflows.steps.machine import places
from workflows.steps.setup import SetupStep

FOLDERS = (
    "bin", "etc", "etc/ssl", "opt", "release", "release/backend", "release/log", "release/runtime", "temp", "tomcat/logs",
    "var", "var/db", "var/log", "var/run", "var/spool", "var/spool/ARCHIVE", "var/spool/DIRECT", "var/spool/META",
    "var/spool/log", "var/tmp", "webapps", "webapps/manual",
)  # fmt: skip
SETENV, SERVER = "bin/setenv.sh", "tomcat/conf/server.xml"
TEMPLATE = f"{SERVER}.template"
JAVA, CATALINA, PDF, IMAGE = "JAVA_HOME", "CATALINA_HOME", "WKHTMLTOPDF", "WKHTMLTOIMAGE"
PROGRAMS = {PDF: "wkhtmltopdf", IMAGE: "wkhtmltoimage"}
FOLDER, OWNER, VARIABLE, CONFIG, CONNECTORS = "home.folders", "home.owner", "home.setenv", "home.setenv.config", "home.server-xml"


@dataclass(frozen=True)
class HomeFiles(SetupStep):
    """Make what is missing, for OpenEMM's own user. It comes after the runtime, into whose folder `tomcat` leads."""

    part: ClassVar[str] = "home"
    label: ClassVar[str] = "home folders and setenv.sh"
    guide: ClassVar[tuple[str, ...]] = ("5.2",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Folders, owners, variables."""
        found = []
        if lacking := self._missing(host):
            found.append(Difference(FOLDER, f"folders in {self.plan.home}", None, ", ".join(lacking)))
        if foreign := self._foreign(host):
            found.append(Difference(OWNER, f"owner of {', '.join(foreign)}", "another", self.plan.user))
        found += self._variables(host)
        if host.files.read(self._path(SERVER)) is None:
            found.append(Difference(CONNECTORS, self._path(SERVER), None, "as the runtime's template"))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """The two."""
        del host
        return [self._path(SETENV), self._path(SERVER)]

    def seen(self, host: Host) -> Facts:
        """What is there, and whose it is."""
        there = [name for name in FOLDERS if host.files.mode(self._path(name)) is not None]
        owners = {self._path(name): host.files.owner(self._path(name)) for name in there}
        return {"folders": [self._path(name) for name in FOLDERS if name not in there], "owners": owners}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """In this order, for nothing is written into a folder of somebody else.

        Raises:
            RefusedError: "path-leads-out".
        """
        keys = {difference.key for difference in differences}
        owner = f"{self.plan.user}:{self.plan.user}"
        if FOLDER in keys:
            for name in self._missing(host):
                host.files.make_folder(self._path(name), owner=owner)
        if OWNER in keys:
            for path in self._foreign(host):
                host.files.set_owner(path, owner)
        path = self._path(SETENV)
        wanted = {key: value for key, value in self._wanted(ctx, host).items() if f"{VARIABLE}.{key}" in keys}
        if wanted or CONFIG in keys:
            self._require_inside(host, path)
            text = setenv.with_variables(host.files.read(path) or "", wanted)
            host.files.write(path, text, mode=0o755, owner=owner)
        if CONNECTORS in keys:
            self._require_inside(host, self._path(SERVER))
        if CONNECTORS in keys and (template := host.files.read(self._path(TEMPLATE))) is not None:
            host.files.write(self._path(SERVER), template, mode=0o644, owner=owner)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Folders go when they are empty; a log that OpenEMM wrote stays in its own."""
        places.remove(host, ctx.intent["folders"])
        for path, owner in ctx.intent["owners"].items():
            now = host.files.owner(path)
            if now is not None and now != owner and places.inside(host, path, self.plan.home):
                host.files.set_owner(path, owner)

    def _missing(self, host: Host) -> list[str]:
        return [name for name in FOLDERS if host.files.mode(self._path(name)) is None]

    def _foreign(self, host: Host) -> list[str]:
        """Those that are there and another's; what a link leads to out of the home is left to whom it belongs."""
        paths = [self._path(name) for name in (*FOLDERS, SETENV, SERVER)]
        owned = ((path, host.files.owner(path)) for path in paths)
        others = [path for path, owner in owned if owner is not None and owner.partition(":")[0] != self.plan.user]
        return [path for path in others if places.inside(host, path, self.plan.home)]

    def _require_inside(self, host: Host, path: str) -> None:
        if not places.inside(host, path, self.plan.home):
            raise RefusedError(
                f"cannot write {path}: it leads out of {self.plan.home}", key="path-leads-out", unharmed=[f"{path}: as it was"],
                next=[f"ls -l {path}    then a file in place of the link", "orchestrate resume"],
            )  # fmt: skip

    def _variables(self, host: Host) -> list[Difference]:
        """A Java or Tomcat that is named and works is right, whichever it is; another than was asked for is the admin's."""
        text = host.files.read(self._path(SETENV)) or ""
        there = setenv.variables(text, self.plan.home)
        found = []
        found += self._java(host, there.get(JAVA))
        catalina = there.get(CATALINA)
        if not catalina or host.software.tomcat(catalina) is None:
            found.append(_variable(CATALINA, catalina, "the installed Tomcat"))
        for name, program in PROGRAMS.items():
            if name not in there and (path := host.software.program(program)) is not None:
                found.append(_variable(name, None, path))
        if not setenv.reads_config(text):
            found.append(Difference(CONFIG, "scripts/config.sh in setenv.sh", None, "read"))
        return found

    def _java(self, host: Host, named: str | None) -> list[Difference]:
        """One that does not fit the release is right only where none is found that does (facts 17.1)."""
        found, asked = host.software.java(named) if named else None, self.plan.answers.java_home
        if named is None or found is None:
            return [_variable(JAVA, named, "the installed Java")]
        needs = (self.plan.answers.java,) if self.plan.answers.java else self._needs
        fitting = [home for home, version in host.software.javas() if meets(needs, version) is True]
        wanted = asked or (named if meets(needs, found[1]) is True or not fitting else fitting[0])
        return [] if _plain(wanted) == _plain(named) else [_variable(JAVA, named, wanted, by_admin=True)]

    @property
    def _needs(self) -> tuple[str, ...]:
        return tuple(one for need in self.plan.hop.rules.needs if need.name == "java" for one in need.any_of)

    def _wanted(self, ctx: Context, host: Host) -> dict[str, str]:
        """What the steps before this one installed, else what is found."""
        java = self.plan.answers.java_home or ctx.facts_of("java").get("java_home") or (host.software.java() or [""])[0]
        catalina = ctx.facts_of("tomcat").get("catalina_home") or self._path("opt/tomcat")
        programs = {name: host.software.program(program) or "" for name, program in PROGRAMS.items()}
        return {JAVA: java, CATALINA: catalina, **programs}

    def _path(self, name: str) -> str:
        return f"{self.plan.home}/{name}"


def _plain(path: str) -> str:
    return path.rstrip("/")


def _variable(name: str, now: str | None, wanted: str, *, by_admin: bool = False) -> Difference:
    return Difference(f"{VARIABLE}.{name}", f"{name} in setenv.sh", now, wanted, by_admin=by_admin)
