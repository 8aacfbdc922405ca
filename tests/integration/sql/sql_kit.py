"""A host with a real database and a real home, as far as the SQL of a hop needs one. Run as a program, it drives the step.

python sql_kit.py FOLDER    runs `UpdateDatabase` of the hop that lies in FOLDER to its end (or to the fault that is set)
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pymysql

from orchestrator.hosts.database.database import RealDatabase
from orchestrator.settings import DatabaseSettings, Settings
from state import faults
from workflows.host.application import AppState, LogMark, Tell
from workflows.host.backups import Backup
from workflows.host.home import SqlFile, SqlKind
from workflows.model.errors import WorkflowError
from workflows.model.plans import BenignError, Hop, LineRules, Release
from workflows.model.step import Done, PauseRequested, StatementRecord, StatementState
from workflows.rules.sql.splitter import split
from workflows.steps.database.update import UpdateDatabase

TREE = {"component": "frontend", "kind": "gui", "version": "20.04.000.200", "folder": "release/emm/new", "digest": "0"}


class FileJournal:
    """Statement records in a file: a killed process leaves what it wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[StatementRecord]:
        found: dict[tuple[str, int], StatementRecord] = {}
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            for data in json.loads(line):
                record = StatementRecord(**{**data, "state": StatementState(data["state"])})
                found[record.file, record.position] = record
        return list(found.values())

    def write(self, *records: StatementRecord) -> None:
        with self.path.open("a") as file:
            file.write(
                json.dumps([{**vars(record), "state": record.state.value, "session": dict(record.session)} for record in records])
            )
            file.write("\n")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


class FolderHome:
    """The SQL files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sql_files(self, frontend: str) -> list[SqlFile]:
        found = []
        for path in sorted(self.folder.glob("*.sql")):
            kind, version = SqlKind.MESSAGES, None
            if path.stem == "userrights":
                kind = SqlKind.USERRIGHTS
            elif path.stem.endswith("-migration"):
                kind = SqlKind.MIGRATION
            if "-update-" in path.name:
                kind, version = SqlKind.UPDATE, path.name.split("-")[3].removesuffix(".sql")
            found.append(SqlFile(path.name, kind, version, path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
        return found

    def read_text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def mandatory_versions(self, frontend: str) -> frozenset[str]:
        file = self.folder / "mandatory"
        return frozenset(file.read_text().split()) if file.exists() else frozenset()


class ScriptBackups:
    """A restore point that is a script: put back by running it in an emptied database."""

    def __init__(self, database: str, folder: Path, socket: str, live: RealDatabase) -> None:
        self.live = live
        self.database = database
        self.folder = folder
        self.socket = socket

    def restored(self, backup: str, *, keep_as: str) -> bool:
        return (self.folder / f"restored-{keep_as}").exists()

    def restore(self, backup: str, *, keep_as: str, progress: object) -> None:
        fill(self.socket, self.database, (self.folder / "base").read_text())
        (self.folder / f"restored-{keep_as}").touch()

    def find(self, backup: str) -> Backup:
        told = self.folder / f"rows-{backup}"
        rows = json.loads(told.read_text()) if told.exists() else self.live.row_counts()
        now = datetime.now(UTC)
        return Backup(backup, "", 1, "", now, "19.10.000.170", frozenset(), rows, "", 0.0, verified=now)

    def create(self, backup: str, release: str, **options: object) -> Backup:
        (self.folder / f"rows-{backup}").write_text(json.dumps(dict(self.live.row_counts())))
        return self.find(backup)


class StoppableApplication:
    """An application that can be found running, and is stopped when it is asked to."""

    def __init__(self) -> None:
        self.runs = False

    def state(self) -> AppState:
        return AppState(frontend=self.runs, backend=False)

    def stop_frontend(self, tell: Tell) -> None:
        self.runs = False

    def stop_backend(self, tell: Tell) -> None:
        """It has none."""

    def log_mark(self) -> LogMark:
        return LogMark(1, 1)


class Context:
    """What the step sees."""

    checkpoint: Mapping[str, Any] = MappingProxyType({})

    run = "7K3Q"
    step = "hop1.database"

    def __init__(self, folder: Path, pause_at: int = 0) -> None:
        config = json.loads((folder / "kit.json").read_text())
        self.folder = folder
        self.attempt = 1
        self.settings = Settings(name="kit", home=folder, database=DatabaseSettings(socket=Path(config["socket"])))
        database = RealDatabase(self.settings)
        self.host = SimpleNamespace(
            home=FolderHome(folder),
            database=database,
            backups=ScriptBackups(config["database"], folder, config["socket"], database),
            application=StoppableApplication(),
        )
        self.statements = FileJournal(folder / "journal")
        self.notes: list[str] = []
        self.said: list[tuple[str, int | None, int | None]] = []
        self._pauses = pause_at
        self._facts = {"stage": {"hop1": [TREE]}, "hop1.backup": {"backup": "7K3Q-hop1"}}

    @property
    def intent(self) -> Mapping[str, Any]:
        file = self.folder / "intent"
        return json.loads(file.read_text()) if file.exists() else {}

    def remember(self, **facts: object) -> None:
        temporary = self.folder / "intent.new"
        temporary.write_text(json.dumps({**self.intent, **facts}))
        temporary.rename(self.folder / "intent")

    def facts_of(self, step: str) -> Mapping[str, Any]:
        return self._facts.get(step, {})

    def report(self, message: str, done: int | None = None, total: int | None = None) -> None:
        self.said.append((message, done, total))

    def note(self, message: str, **facts: object) -> None:
        self.notes.append(message)
        with (self.folder / "notes").open("a") as file:
            file.write(json.dumps({"message": message, **facts}, default=str) + "\n")

    def pause_point(self) -> None:
        self._pauses -= 1
        if self._pauses == 0:
            raise PauseRequested


def step(rules: LineRules | None = None) -> UpdateDatabase:
    rules = rules or LineRules("20.04", benign=BENIGN)
    return UpdateDatabase(Hop(1, "19.10.000.170", Release("20.04.000.200", ()), rules, final=True))


BENIGN = (BenignError("19.10.400", 1061, "there_idx", None, "facts 13.2"),)
KILLED = -9


def drive(folder: Path, pause_at: int = 0, context: Context | None = None, rules: LineRules | None = None) -> Done:
    """One attempt at the step."""
    context = context or Context(folder, pause_at)
    update = step(rules)
    try:
        if not context.intent:
            context.remember(**update.prepare(context))
        return update.do(context)
    finally:
        context.host.database.close()


def attempt(folder: Path, *, fault: int = 0, log: Path | None = None, rules: LineRules | None = None) -> int:
    """One attempt in a process of its own, killed at that passing of "statement"; how it ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            faults._name, faults._number, faults._log = "statement" if fault else "", str(fault), log and str(log)
            drive(folder, rules=rules)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def make(folder: Path, socket: Path, database: str, base: str, files: Mapping[str, str]) -> None:
    """A folder that holds a hop, and a database that holds what `base` makes."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/dbcfg").write_text(f"openemm: dbms=mariadb, host=localhost, user=root, password=, name={database}\n")
    (folder / "kit.json").write_text(json.dumps({"socket": str(socket), "database": database}))
    (folder / "base").write_text(base)
    for name, text in files.items():
        (folder / name).write_text(text)
    fill(str(socket), database, base)


def fill(socket: str, database: str, script: str) -> None:
    """Make the database anew, holding what the script makes."""
    with (
        pymysql.connect(unix_socket=socket, user="root", charset="utf8mb4", autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DROP DATABASE IF EXISTS {database}")
        cursor.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        cursor.execute(f"USE {database}")
        for statement in split(script):
            cursor.execute(statement.text)


def content(socket: Path, database: str, without: Iterable[str] = ("id", "parent_id")) -> dict[str, Any]:
    """Everything in a database: definitions and rows, but for numbers the server gave out: a rolled back insert uses one up."""
    found: dict[str, Any] = {}
    with (
        pymysql.connect(unix_socket=str(socket), user="root", database=database, charset="utf8mb4") as connection,
        connection.cursor() as cursor,
    ):

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        for name, kind in ask("SHOW FULL TABLES"):
            text = ask(f"SHOW CREATE TABLE `{name}`")[0][1]
            found[name] = ["".join(part for part in text.split(" ") if not part.startswith("AUTO_INCREMENT="))]
            if kind == "BASE TABLE":
                columns = [
                    row[0]
                    for row in ask(f"SHOW COLUMNS FROM `{name}`")
                    if row[0] not in without and row[1] not in {"timestamp", "datetime"}
                ]
                found[name] += sorted(ask(f"SELECT {', '.join(f'`{c}`' for c in columns) or '1'} FROM `{name}`"), key=repr)
        found["(routines)"] = ask(
            "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
        )
        found["(triggers)"] = [row[:5] for row in ask("SHOW TRIGGERS")]
        if "child_tbl" in found:
            found["(children)"] = sorted(
                ask("SELECT p.name, c.name FROM child_tbl c LEFT JOIN parent_tbl p ON p.id = c.parent_id")
            )
    return found


if __name__ == "__main__":
    try:
        drive(Path(sys.argv[1]))
    except WorkflowError as error:
        sys.exit(json.dumps(error.as_dict()))
