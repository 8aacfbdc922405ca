"""A host as far as the database side of an installation needs one: real files, a real server, and a systemd that is played."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pymysql

from orchestrator.hosts.database.database import RealDatabase
from orchestrator.hosts.files.files import RealFiles
from orchestrator.hosts.files.register import ContentStore
from orchestrator.hosts.home.home import RealHome
from orchestrator.hosts.scratch.private_server import INSTALL_NAMES, SERVER_NAMES, find_program, server_user
from orchestrator.hosts.server.data_folder import begun, set_aside
from orchestrator.hosts.server.server import RealServer
from orchestrator.settings import DatabaseSettings, Settings
from tests.integration.sql.sql_kit import FileJournal
from workflows.host.os_packages import Provided, Transaction
from workflows.host.units import UnitState
from workflows.model.answers import Answers
from workflows.model.installation import InstallPlan
from workflows.model.plans import Component, Hop, LineRules, Need, PackageKind, Release
from workflows.model.step import Done, LedgerNote, PauseRequested
from workflows.steps.setup import SetupStep

TARGET = "20.10.000.152"
FRONTEND = "release/emm/new"
TREE = {"component": Component.FRONTEND, "kind": PackageKind.GUI, "version": TARGET, "folder": FRONTEND, "digest": "0"}
GIB = 1 << 30


class PlayedUnits:
    """The one unit of the database server, which is started and stopped for real where there is one to start."""

    def __init__(self, server: OwnServer | None = None, *, active: bool = True, enabled: bool = True) -> None:
        self.server, self.active, self.enabled = server, active, enabled
        self.done: list[str] = []
        self.restarts = 0

    def restart(self, unit: str) -> None:
        self.restarts += 1
        if self.server:
            self.server.stop()
            self.server.start()

    def state(self, unit: str) -> UnitState:
        active = self.server.answers() if self.server else self.active
        return UnitState(exists=True, enabled=self.enabled, state="active" if active else "inactive")

    def enable(self, unit: str) -> None:
        self.done.append(f"enable {unit}")
        self.enabled = True

    def disable(self, unit: str) -> None:
        self.done.append(f"disable {unit}")
        self.enabled = False

    def start(self, unit: str) -> None:
        self.done.append(f"start {unit}")
        self.active = True
        if self.server:
            self.server.start()

    def stop(self, unit: str) -> None:
        self.done.append(f"stop {unit}")
        self.active = False
        if self.server:
            self.server.stop()


class PlayedSystem:
    """A computer of that memory."""

    def __init__(self, memory: int) -> None:
        self._memory = memory

    def memory(self) -> int:
        return self._memory


class PlayedPackages:
    """What is installed, by name; installing brings what it was told that it brings."""

    def __init__(self, *names: str, brings: Callable[[], None] = lambda: None) -> None:
        self.there = dict.fromkeys(names, "1")
        self._brings = brings
        self.removed: list[str] = []
        self.going_on: Callable[[], None] = lambda: None  # what another process does to packages until it ends

    def installed(self, packages: Iterable[str]) -> Mapping[str, str]:
        return {name: self.there[name] for name in packages if name in self.there}

    def candidates(self, packages: Iterable[str]) -> Mapping[str, str]:
        return dict.fromkeys(packages, "1")

    def transaction(self, packages: Sequence[str]) -> Transaction:
        """Each brings one that nobody named."""
        return Transaction(added=tuple(sorted([*packages, *(f"{name}-core" for name in packages)])))

    def holder(self) -> str | None:
        return None

    def wait(self) -> None:
        self.going_on()

    def mend(self) -> None:
        """Nothing of it is ever cut off."""

    def install(self, packages: Sequence[str]) -> None:
        self.there.update(dict.fromkeys(self.transaction(packages).added, "1"))
        self._brings()

    def remove(self, packages: Sequence[str]) -> None:
        self.removed += [name for name in packages if self.there.pop(name, None)]


class PlayedServer:
    """A server program that claims a version, and the folder of its data; everything else is the real one's."""

    def __init__(self, version: str | None, data: Path = Path("/nonexistent")) -> None:
        self.claims = version
        self.data = data

    def version(self) -> str | None:
        return self.claims

    def data_begun(self) -> bool:
        return begun(self.data)

    def set_data_aside(self) -> str | None:
        aside = set_aside(self.data)
        return str(aside) if aside else None

    def unit(self) -> str | None:
        return "mariadb.service" if self.claims else None

    def running(self) -> bool:
        return False

    def collection(self) -> str | None:
        return "/opt/rh/rh-mariadb102/root/usr/bin" if self.claims == "MariaDB 10.2.40" else None


class Kit:
    """A home, a state folder, a server, and one attempt after the other at steps of an installation."""

    def __init__(
        self, folder: Path, *, server: Any = None, memory: int = GIB // 2, own: OwnServer | None = None, **database: Any
    ) -> None:
        self.folder = folder
        self.home = folder / "home"
        for name in ("home", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.settings = Settings(
            name="kit", home=self.home, user="", state=folder / "state", database=DatabaseSettings(**database),
        )  # fmt: skip
        self.units = PlayedUnits(own)
        self.system = PlayedSystem(memory)
        self.packages = PlayedPackages()
        self.server = server or RealServer(self.settings, defaults=own.defaults if own else None)
        self.parts = SimpleNamespace(
            files=RealFiles(), register=ContentStore(folder / "state/kept"), units=self.units, system=self.system,
            server=self.server, os_packages=self.packages, software=SimpleNamespace(program=shutil.which),
            capabilities=SimpleNamespace(provided=lambda name: Provided(name, (name,))),
        )  # fmt: skip
        self.answers = Answers(url="https://news.example.com", name="news.example.com", mailloop_domain="loop.example.com")
        self.rules = LineRules("20.10")
        self.present = False

    def plan(self, **answers: Any) -> InstallPlan:
        hop = Hop(1, "none", Release(TARGET, ()), self.rules, final=True, name="install")
        return InstallPlan(
            source="none", target=TARGET, hop=hop, answers=replace(self.answers, **answers), home=str(self.home), user="",
            present=self.present,
        )  # fmt: skip

    def needs(self, *any_of: str, stops: bool = False) -> None:
        self.rules = LineRules("20.10", needs=(Need("dbms", any_of, stops, "guide 3.1"),))

    def context(self, step: SetupStep) -> Context:
        return Context(self, step.name)

    def attempt(self, step: SetupStep, *, pause_at: int = 0) -> Done:
        """As the engine does it: what is found before the first attempt is kept."""
        ctx = Context(self, step.name, pause_at)
        try:
            if not ctx.intent:
                ctx.remember(**step.prepare(ctx))
            return step.do(ctx)
        finally:
            ctx.host.database.close()

    def undo(self, step: SetupStep) -> Sequence[LedgerNote]:
        ctx = self.context(step)
        try:
            return step.undo(ctx)
        finally:
            ctx.host.database.close()

    def keys(self, step: SetupStep) -> list[str]:
        return [difference.key for difference in step.look(self.parts)]

    def frontend(self, files: Mapping[str, str]) -> None:
        """Lay a frontend's WEB-INF into the home: path below it -> text."""
        for name, text in files.items():
            path = self.home / FRONTEND / "WEB-INF" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


class Context:
    """What a step sees; what it remembers and journals is in files, so that a killed process leaves it."""

    run = "7K3Q"
    attempt = 1
    checkpoint: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, kit: Kit, step: str, pause_at: int = 0) -> None:
        self.step = step
        self._folder = kit.folder / "run" / step
        self._folder.mkdir(parents=True, exist_ok=True)
        self.host = SimpleNamespace(**vars(kit.parts), home=RealHome(kit.settings), database=RealDatabase(kit.settings))
        self.statements = FileJournal(self._folder / "journal")
        self._pauses = pause_at

    @property
    def intent(self) -> Mapping[str, Any]:
        file = self._folder / "intent"
        return json.loads(file.read_text()) if file.exists() else {}

    def remember(self, **facts: object) -> None:
        temporary = self._folder / "intent.new"
        temporary.write_text(json.dumps({**self.intent, **facts}))
        temporary.rename(self._folder / "intent")

    def facts_of(self, step: str) -> Mapping[str, Any]:
        return {"stage": {"install": [TREE]}}.get(step, {})

    def report(self, message: str, done: int | None = None, total: int | None = None) -> None:
        pass

    @property
    def notes(self) -> list[dict[str, Any]]:
        file = self._folder / "notes"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def note(self, message: str, **facts: object) -> None:
        with (self._folder / "notes").open("a") as file:
            file.write(json.dumps({"message": message, **facts}, default=str) + "\n")

    def pause_point(self) -> None:
        self._pauses -= 1
        if self._pauses == 0:
            raise PauseRequested


class OwnServer:
    """A server that reads its option files, listens on a port, and holds nothing yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.socket, self.defaults = folder / "data", folder / "s.sock", folder / "my.cnf"
        self.conf = folder / "conf.d"
        self.root_password = ""
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        user = server_user()
        for path in (self.folder, self.data, self.folder / "tmp", self.conf):
            path.mkdir(parents=True, exist_ok=True)
            shutil.chown(path, user)
        self.folder.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.defaults.write_text(
            f"[mysqld]\nuser={user}\ndatadir={self.data}\nsocket={self.socket}\nport={self.port}\nbind-address=127.0.0.1\n"
            f"pid-file={self.folder}/pid\nlog-error={self.folder}/log\ntmpdir={self.folder}/tmp\n"
            f"innodb_flush_log_at_trx_commit=0\n!includedir {self.conf}\n"
        )
        subprocess.run(
            [find_program(INSTALL_NAMES), f"--defaults-file={self.defaults}", f"--user={user}", "--skip-test-db", "--force",
             "--auth-root-authentication-method=socket", "--auth-root-socket-user=root"],
            check=True, capture_output=True,
        )  # fmt: skip

    def start(self) -> None:
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [find_program(SERVER_NAMES), f"--defaults-file={self.defaults}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.03)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def answers(self) -> bool:
        """Only a server that lets somebody in takes note of a signal."""
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)) != 0:
                return False
        try:
            return bool(self.ask("SELECT 1"))
        except pymysql.err.OperationalError:
            return False

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return ask(self.socket, sql, *values)


def ask(server: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """As root over the socket."""
    with (
        pymysql.connect(unix_socket=str(server), user="root", charset="utf8mb4", autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())
