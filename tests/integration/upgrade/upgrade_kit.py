"""A host that is put back to a remembered stage of an upgrade, so that a test runs only the part that it is about."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.cli.group import run
from orchestrator.command import run as run_command
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox import host as sandbox
from orchestrator.sandbox import processes
from state.store import Store
from tests.crash.bench import Bench, Picture, differences
from tests.documents import validate

Event = dict[str, Any]
MAIN = [sys.executable, "-m", "orchestrator.cli.main"]
ROOT = Path(__file__).parents[3]
OLD, MIDDLE, NEW = "19.10.000.170", "20.04.000.200", "20.10.000.152"
GUI_20_04 = f"release/emm/openemm-gui-{MIDDLE}"
VERSIONS = "SELECT version_number FROM agn_dbversioninfo_tbl"
OF_20_10 = "20.10.123"  # the last update of the release behind the intermediate one
GENERATING = (
    "INSERT INTO maildrop_status_tbl (company_id, status_field, mailing_id, senddate, step, blocksize, gendate, genstatus, "
    "genchange) VALUES (1, 'W', 4711, NOW(), 0, 1000, NOW(), 2, NOW())"
)


@dataclass(frozen=True)
class Answer:
    """What a command said with --json, and how it ended."""

    code: int
    documents: list[dict[str, Any]]

    @property
    def last(self) -> dict[str, Any]:
        return self.documents[-1]

    @property
    def state(self) -> str | None:
        """How the run stands; None when there is none."""
        return self.last["run"]["state"] if self.last.get("run") else None

    @property
    def error(self) -> dict[str, Any]:
        """What was raised, or what the run failed with last."""
        failed = [document["data"] for document in self.documents if document.get("kind") == "step-failed"]
        return failed[-1] if failed else self.last

    @property
    def key(self) -> str | None:
        return self.error.get("key")

    @property
    def step(self) -> str | None:
        """The step at which the run stands."""
        return self.last["run"]["position"] if self.last.get("run") else None

    @property
    def all(self) -> str:
        """Everything as text."""
        return json.dumps(self.documents, ensure_ascii=False)

    def refused(self, code: int, key: str) -> dict[str, Any]:
        """See that it was refused so, with a command that comes next; the error."""
        assert (self.code, self.key) == (code, key), self.last
        assert self.error["next"], self.error
        return self.error

    def failed(self, step: str, key: str) -> dict[str, Any]:
        """See that the run failed at that step with that key, and says what is unharmed; the error."""
        assert (self.code, self.state, self.step, self.key) == (1, "failed", step, key), self.all[-3000:]
        assert self.error["unharmed"], self.error
        return self.error

    def completed(self) -> None:
        assert (self.code, self.state) == (0, "completed"), self.all[-3000:]


class _Out(io.StringIO):
    """Standard output that calls for each event, at once."""

    def __init__(self, on: Callable[[Event], None]) -> None:
        super().__init__()
        self._on = on

    def write(self, text: str, /) -> int:
        for line in text.splitlines():
            if '"orchestrate.event/1"' in line:
                self._on(json.loads(line))
        return super().write(text)


def at(kind: str, step: str, then: Callable[[], object]) -> Callable[[Event], None]:
    """Do something when that happens."""

    def on(event: Event) -> None:
        if (event["kind"], event["step"]) == (kind, step):
            then()

    return on


def pause_behind(step: str) -> Callable[[Event], None]:
    """Ask for a pause, as Ctrl-C does, when that step is done."""
    return at("step-done", step, lambda: signal.raise_signal(signal.SIGINT))


class Stages(Bench):
    """A host with three companies, and the stages of its upgrade by name: "start", and those made by `remember`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, companies=3, recipients=3)

    # --- stages -------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End all that runs there and remove it; nothing of it is needed any more, so nothing is waited for."""
        if self.host.exists():
            home = self.home
            processes.end(processes.application(home) + processes.backend(home), signal.SIGKILL)
            self.server.kill()
            processes.end(processes.servers(self.host), signal.SIGKILL)
            shutil.rmtree(self.host)

    def has(self, stage: str) -> bool:
        return (self.folder / stage).exists()

    def remember(self, stage: str) -> None:
        """Keep the host as it is under that name, and stop it."""
        sandbox.stop(self.host)
        self.host.rename(self.folder / stage)

    def put_back(self, stage: str) -> None:
        """The host as it was then; what ran, runs."""
        self.stop()
        subprocess.run(["cp", "-a", "--reflink=auto", self.folder / stage, self.host], check=True)
        sandbox.start(self.host)

    # --- the tool -----------------------------------------------------------------------------------------------------

    def say(self, *args: str, on: Callable[[Event], None] = lambda event: None) -> Answer:
        """Run the real command line in this process, with --json; each document is held against its schema.

        on: called at each event, while it happens.
        """
        out = _Out(on)
        with redirect_stdout(out):
            code = run(["--site", str(self.host), "--json", *args])
        documents = [json.loads(line) for line in out.getvalue().splitlines()]
        for document in documents:
            validate(document)
        return Answer(code, documents)

    def until(self, step: str, *args: str) -> None:
        """Run or resume until that step is done."""
        answer = self.say(*(args or ("resume",)), on=pause_behind(step))
        assert (answer.code, answer.state) == (4, "paused"), answer.all[-3000:]

    def process(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """The tool as a process of its own, its events on a pipe; ends with the test."""
        return subprocess.Popen(
            [*MAIN, "--site", str(self.host), "--json", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, cwd=ROOT, env={**_environment(), **env},
        )  # fmt: skip

    def forget(self) -> None:
        """Lose all that the tool knows of the host."""
        shutil.rmtree(self.host / "state")
        (self.host / "state").mkdir(mode=0o700)

    def ledger(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Kind and evidence of all entries, the chain being whole."""
        with Store.open(self.host / "state" / "state.db", tool_version="0.1.0") as store:
            ledger = store.ledger(self.host.name)
            assert ledger.verify().problem is None
            return [(entry.kind, entry.evidence) for entry in ledger.entries()]

    # --- the host -----------------------------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        return self.host / "home"

    @property
    def server(self) -> PrivateServer:
        return sandbox.database(self.host)

    def hook(self, name: str, content: str = "") -> None:
        """Let the application go wrong (orchestrator.sandbox.installation)."""
        (self.home / "etc/sandbox.d" / name).write_text(content)

    def mend(self, name: str) -> None:
        (self.home / "etc/sandbox.d" / name).unlink()

    def start_by_hand(self) -> None:
        """Start the application as somebody would behind the tool's back; one that a hook kills is seen to end."""
        (self.home / "tomcat/logs/catalina.out").write_text("")
        dies = (self.home / "etc/sandbox.d/die-at").exists()
        run_command(
            [str(self.home / "bin/emm.sh"), "start"], timeout=60, expect=None, env={"EMM_START_LIMIT": "1" if dies else "15"}
        )
        if dies:
            processes.end(processes.application(self.home), signal.SIGCONT)

    def by_hand(self, script: str, verb: str) -> None:
        """Run a script of the home."""
        run_command([str(self.home / "bin" / script), verb], timeout=60, expect=None)

    def application(self) -> list[int]:
        """The application's processes."""
        return processes.application(self.home)

    def end_backend(self) -> None:
        """Kill its services."""
        processes.end(processes.backend(self.home), signal.SIGKILL)

    def query(self, sql: str, *values: object, database: str | None = "openemm") -> tuple[tuple[Any, ...], ...]:
        with self.server.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall()

    def versions(self) -> set[str]:
        return {row[0] for row in self.query(VERSIONS)}

    def config(self) -> dict[str, str]:
        """config_tbl by key, a host's own rows as key@host."""
        rows = self.query("SELECT CONCAT(class, '.', name), COALESCE(hostname, ''), value FROM config_tbl")
        return {f"{key}@{name}" if name else key: value for key, name, value in rows}

    def dump(self) -> bytes:
        """The database as it is."""
        return subprocess.run([*self._client("mariadb-dump"), "--routines", "openemm"], capture_output=True, check=True).stdout

    def load(self, dump: bytes | None) -> None:
        """Put another database in its place; an empty one when there is none."""
        self.query("DROP DATABASE openemm", database=None)
        self.query("CREATE DATABASE openemm CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", database=None)
        if dump is not None:
            subprocess.run([*self._client("mariadb"), "openemm"], input=dump, check=True)

    def backup(self, name: str) -> bytes:
        """What a dump of the tool holds; name: how its folder ends."""
        (file,) = (self.host / "backups").glob(f"*{name}/dump.sql.zst")
        import zstandard

        return zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()

    def _client(self, program: str) -> list[str]:
        return [program, f"--socket={self.server.socket}"]


def same(one: Picture, other: Picture, *, ledger: bool = False) -> None:
    """See that a host is as it was; its ledger may have grown unless told otherwise."""
    found = differences(one, other)
    if not ledger:
        found.pop("ledger", None)
    assert not found, found


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}
