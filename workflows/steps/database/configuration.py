"""The settings of the database server (guide 3.8, 8.3, 9.4), in one option file of our own that it reads last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.server import DatabaseServer
from workflows.model.answers import Verdict
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.tuning import VARIABLES, judge
from workflows.steps.setup import SetupStep

CHARACTERS, COLLATION = "character_set_server", "collation_server"
LOWER_CASE, BINARY_LOG = "lower_case_table_names", "log_bin_trust_function_creators"
NAMES = (*VARIABLES, "skip_networking", "log_bin", BINARY_LOG)
HEAD = "# What OpenEMM needs (guide 3.8, 8.3, 9.4), written by orchestrate install; write settings of your own elsewhere\n"
_ALL = "database.settings"


@dataclass(frozen=True)
class _Wanted:
    """A variable that is not as it must be. line: of the option file."""

    name: str
    now: str
    value: str
    why: str
    line: str


@dataclass(frozen=True)
class DatabaseConfiguration(SetupStep):
    """What runs now and what the option files would make of it at the next start are looked at, so that neither is forgotten."""

    part: ClassVar[str] = "database-configuration"
    label: ClassVar[str] = "database settings"
    guide: ClassVar[tuple[str, ...]] = ("3.8", "8.3", "9.4")

    def look(self, host: Host) -> Sequence[Difference]:
        """By variable, held against the guide (workflows/rules/tuning.py)."""
        server = self._server(host)
        if server.version() is None or not server.running():
            return [Difference(_ALL, "the settings of the database server", None, "those of the guide")]
        wanted = self._wanted(host, server)
        set_by = server.configured([one.name for one in wanted])
        ours = server.option_file()
        foreign = self._foreign(server)
        found = []
        for one in wanted:
            value, file = set_by.get(one.name, ("", ours))
            by_admin = file != ours
            what = f"{one.name} ({one.why})"
            if one.name == LOWER_CASE and foreign:
                by_admin, what = True, f"{one.name} of a server that holds {', '.join(foreign)}"
            now = f"{value} in {file}" if file != ours else one.now
            found.append(Difference(f"database.{one.name}", what, now, one.value, by_admin=by_admin))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """Our own option file."""
        server = self._server(host)
        return [server.option_file()] if server.version() else []

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Write the file, proven beforehand by the server program, restart the server, and see what it made of it.

        Raises:
            RefusedError: "database-options-refused", "database-names-upper-case".
            WorkflowError: "database-option-overruled": another file is read after ours.
        """
        del differences
        server = self._server(host)
        kept = {key for key, verdict in self.plan.answers.differences.items() if verdict is Verdict.KEEP}
        wanted = [one for one in self._wanted(host, server) if f"database.{one.name}" not in kept]
        path = server.option_file()
        text = self._text(host.files.read(path), wanted)
        if any(one.name == LOWER_CASE for one in wanted) and (upper := server.upper_case_names()):
            raise RefusedError(
                f"cannot set {LOWER_CASE}: {upper[0]} would be lost from sight", key="database-names-upper-case",
                detail=upper[1:25], unharmed=["the database server and its settings"],
                next=["mariadb-dump --all-databases > all.sql    then set it by hand and load that: names become lower case",
                      f"the same command with --keep database.{LOWER_CASE}    leaves the names as they are"],
            )  # fmt: skip
        if said := server.accepts(text):
            raise RefusedError(
                "the database server does not take the settings of the guide", key="database-options-refused", detail=said,
                unharmed=["the database server and its settings"],
            )  # fmt: skip
        host.files.write(path, text, mode=0o644)
        following = server.next_variables(NAMES)
        if over := [one for one in wanted if one.name in following and not _is_well(one, following, host.system.memory())]:
            where = server.configured([over[0].name]).get(over[0].name, ("", path))[1]
            raise WorkflowError(
                f"{over[0].name} stays {following[over[0].name]}: {where} is read after {path}", key="database-option-overruled",
                unharmed=["the database server runs with its settings"],
                next=[f"{where}    take {over[0].name} out of it", "orchestrate resume"],
            )  # fmt: skip
        ctx.report("restarting the database server")
        host.units.restart(self._unit(server))

    def take_back(self, ctx: Context, host: Host) -> None:
        """The file is gone; the server shall forget it too."""
        del ctx
        server = self._server(host)
        unit = server.unit()
        if unit and host.units.state(unit).active:
            host.units.restart(unit)

    def evidence(self, host: Host) -> Facts:
        """What the server says of itself."""
        server = self._server(host)
        return {"variables": dict(sorted(server.variables(NAMES).items())), "file": server.option_file()}

    def _server(self, host: Host) -> DatabaseServer:
        return host.server.reached_by(self.plan.answers.database_admin_file)

    def _unit(self, server: DatabaseServer) -> str:
        unit = server.unit()
        if unit is None:
            raise WorkflowError("cannot find the service of the database server", key="database-unit-missing")
        return unit

    def _foreign(self, server: DatabaseServer) -> list[str]:
        """Databases with tables that are not OpenEMM's."""
        ours = {self.plan.answers.database_name}
        return [name for name in server.databases() if name not in ours and server.tables(name)]

    def _wanted(self, host: Host, server: DatabaseServer) -> list[_Wanted]:
        """What must change in the running server, or in what the option files would make of it."""
        memory = host.system.memory()
        found = {one.name: one for one in _judged(server.next_variables(NAMES), memory)}
        return list({**found, **{one.name: one for one in _judged(server.variables(NAMES), memory)}}.values())

    def _text(self, before: str | None, wanted: Sequence[_Wanted]) -> str:
        """Our file with these lines; what it said of other variables stays."""
        lines = [line for line in (before or "").splitlines() if line and line[0] not in "#["]
        said = {_name_of(line): line for line in lines} | {_name_of(one.line): one.line for one in wanted}
        if COLLATION in said:  # which is refused beside any other character set
            said.setdefault(CHARACTERS, f"{CHARACTERS} = utf8mb4")
        return HEAD + "[mysqld]\n" + "".join(f"{said[name]}\n" for name in sorted(said))


def _judged(variables: Mapping[str, str], memory: int) -> list[_Wanted]:
    found = [
        _Wanted(one.name, one.now, one.suggested, one.source, one.line or f"{one.name} = {one.suggested}")
        for one in judge(variables, memory)
        if one.suggested is not None
    ]
    if variables.get("skip_networking") == "ON":
        found.append(_Wanted("skip_networking", "ON", "OFF", "guide 3.8", "skip_networking = 0"))
    if variables.get("log_bin") == "ON" and variables.get(BINARY_LOG) == "OFF":
        why = "facts 5.2: with a binary log, triggers need it or SUPER"
        found.append(_Wanted(BINARY_LOG, "OFF", "ON", why, f"{BINARY_LOG} = 1"))
    return found


def _is_well(one: _Wanted, variables: Mapping[str, str], memory: int) -> bool:
    return one.name not in {other.name for other in _judged(variables, memory)}


def _name_of(line: str) -> str:
    return line.partition("=")[0].strip().replace("-", "_")
