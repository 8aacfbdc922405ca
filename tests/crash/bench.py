"""A sandbox host that can be put back to its start at once, cut off at any place, and compared with another."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.files import sha256_file
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.processes import backend
from orchestrator.sandbox import host as sandbox
from orchestrator.sandbox.processes import application
from state.store import Store
from workflows.model.machine import ENDED

ORCHESTRATE = Path(sys.executable).parent / "orchestrate"
KILLED = -9
VOLATILE = re.compile(r"(^|/)(logs?|temp|tmp|run|work)(/|$)|catalina\.out|\.pid$|^\.venv\.")  # a backend's own Python last
TIMES = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?'")
COUNTERS = re.compile(r" AUTO_INCREMENT=\d+")
KINDS = frozenset({"component-version", "hop-proven", "database-updated", "backup-verified", "package-trusted", "run-completed"})


@dataclass(frozen=True)
class Picture:
    """What a host looks like when a run has ended; two runs to the same end give equal pictures."""

    links: Mapping[str, str]
    files: Mapping[str, str]
    database: str
    ledger: tuple[tuple[str, str | None, str | None, str | None], ...]


class Bench:
    """One host in one folder. `reset` puts it back to how it was when it was made."""

    def __init__(self, folder: Path, release: str = "19.10", *, companies: int = 1, recipients: int = 0) -> None:
        self.folder = folder
        self.host = folder / "host"
        self._start = folder / "start"
        self.passed: dict[tuple[str, ...], list[str]] = {}  # what `places` found, by command
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
        sandbox.create(self.host, release, companies=companies, recipients=recipients)
        sandbox.stop(self.host)
        self.host.rename(self._start)

    def run(self, *args: str, expect: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the tool as a process of its own."""
        done = subprocess.run(
            [ORCHESTRATE, *args], capture_output=True, text=True, check=False, timeout=280, stdin=subprocess.DEVNULL,
            env={**os.environ, "ORCHESTRATE_SITE": str(self.host), **env},
        )  # fmt: skip
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{' '.join(args)} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def reset(self) -> None:
        """The host as it was made, running."""
        self.stop()
        subprocess.run(["cp", "-a", "--reflink=auto", self._start, self.host], check=True)
        sandbox.start(self.host)

    def keep(self) -> None:
        """Make the host as it is now the one that `reset` puts back."""
        sandbox.stop(self.host)
        shutil.rmtree(self._start)
        self.host.rename(self._start)
        self.passed.clear()

    def stop(self) -> None:
        """End all that runs there and remove it."""
        if self.host.exists():
            sandbox.stop(self.host)
            shutil.rmtree(self.host)

    def places(self, *args: str) -> list[str]:
        """Run to the end and list the places passed, at each of which a crash can be made."""
        log = self.folder / "places"
        log.unlink(missing_ok=True)
        self.run(*args, ORCHESTRATE_FAULT_LOG=str(log))
        self.passed[args] = log.read_text().split()
        return self.passed[args]

    def run_is_open(self) -> bool:
        """Whether a run was begun and has not ended."""
        store = self.host / "state" / "state.db"
        if not store.exists():
            return False
        with Store.open(store, tool_version="0.1.0") as opened:
            return opened.journal.open_run(self.host.name, {state.value for state in ENDED}) is not None

    def running(self) -> tuple[bool, list[str]]:
        """Whether the application runs, and which services of the backend do."""
        home = self.host / "home"
        return bool(application(home)), sorted({process.service for process in backend(home)})

    def picture(self) -> Picture:
        """What the host looks like now."""
        home = self.host / "home"
        links, files = {}, {}
        for path in sorted(home.rglob("*")):
            name = str(path.relative_to(home))
            if path.is_symlink():
                links[name] = str(path.readlink())
            elif path.is_file() and not VOLATILE.search(name):
                files[name] = sha256_file(path)
        return Picture(links, files, self._database(), self._ledger())

    def _database(self) -> str:
        server = PrivateServer(self.host / "mariadb")
        dump = subprocess.run(
            ["mariadb-dump", f"--socket={server.socket}", "--skip-dump-date", "--order-by-primary", "--routines", "--triggers",
             "--skip-extended-insert", "--hex-blob", "openemm"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        masked = COUNTERS.sub("", TIMES.sub("'T'", dump))
        lines = [line for line in masked.splitlines() if not line.startswith("--")]
        inserts = sorted(line for line in lines if line.startswith("INSERT"))
        others = [line for line in lines if not line.startswith("INSERT")]
        (self.folder / "dump.sql").write_text("\n".join([*others, *inserts]))
        return hashlib.sha256("\n".join([*others, *inserts]).encode()).hexdigest()

    def _ledger(self) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
        if not (self.host / "state" / "state.db").exists():
            return ()
        with Store.open(self.host / "state" / "state.db", tool_version="0.1.0") as store:
            ledger = store.ledger(self.host.name)
            verdict = ledger.verify()
            assert verdict.problem is None, verdict.problem
            return tuple((e.kind, e.component, e.from_version, e.to_version) for e in ledger.entries() if e.kind in KINDS)


def differences(one: Picture, other: Picture) -> dict[str, Any]:
    """What differs between two pictures; empty when they are equal."""
    found: dict[str, Any] = {}
    for part in ("links", "files"):
        a, b = getattr(one, part), getattr(other, part)
        changed = {key: (a.get(key), b.get(key)) for key in a.keys() | b.keys() if a.get(key) != b.get(key)}
        if changed:
            found[part] = changed
    for part in ("database", "ledger"):
        if getattr(one, part) != getattr(other, part):
            found[part] = (getattr(one, part), getattr(other, part))
    return found
