"""A site with a year behind it, on both kinds of store."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus
from orchestrator.runs.site import Site
from orchestrator.settings import Settings
from orchestrator.upkeep.importing import drafts
from state.ledger import EntryDraft
from workflows.model.errors import WorkflowError
from workflows.model.step import Context, Done, LedgerNote, StepDefaults

BEGAN = datetime(2025, 11, 30, 1, 30, tzinfo=UTC)
UPGRADES = [("19.10.000.170", "20.04.000.200"), ("20.04.000.200", "20.10.000.152"), ("20.10.000.152", "21.04.000.120")]
PROOF = {
    "tables": 77,
    "rows_total": 544,
    "objects": 3,
    "restored_into": "10.11.19-MariaDB",
    "seconds": 1.8,
    "versions": ["19.10"],
}


class Clock:
    """The clock of the ledger and the journal."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now


class Note(StepDefaults):
    """A step that says it did something."""

    def __init__(self, name: str, *notes: LedgerNote, fails: bool = False) -> None:
        self.name = name
        self.title = name.replace("hop1.", "hop 1 ")
        self.notes = notes
        self.fails = fails

    def do(self, ctx: Context) -> Done:
        del ctx
        if self.fails:
            raise WorkflowError("cannot write <the dump>: no space left", key="disk-full", next=["df -h /var"])
        return Done("what <b>this</b> step did, & nothing else", ledger=self.notes)


def upgrade(site: Site, run: str, source: str, target: str, *, reason: str | None, fails: bool = False) -> None:
    """A run, through the real engine."""
    evidence = {"backup": f"{run}-hop1", "sha256": "ab" * 32, "size": 13985, "rows_total": 544}
    backup = [
        LedgerNote("backup-created", "database", to_version=source, evidence=evidence),
        LedgerNote("backup-verified", "database", to_version=source, evidence={**evidence, "proof": PROOF}),
    ]
    changes = [LedgerNote("component-version", name, source, target) for name in ("runtime", "frontend", "backend", "manual")]
    steps = [
        Note("fetch"), Note("hop1.backup", *backup), Note("hop1.database", fails=fails),
        Note("hop1.start", LedgerNote("application-started", "frontend", source, target)),
        Note("hop1.verify", LedgerNote("hop-proven", "frontend", source, target)), Note("hop1.record", *changes),
    ]  # fmt: skip
    record = site.store.journal.create(
        run_id=run, site=site.settings.name, workflow="upgrade", plan={"source": source, "target": target}, options={},
        actor={**site.actor, "reason": reason}, reason=reason, tool_version="0.1.0", steps=[(s.name, s.title) for s in steps],
    )  # fmt: skip
    engine = Engine(record, steps, host=None, journal=site.store.journal, ledger=site.ledger, bus=Bus())
    engine.run()
    if fails:
        engine.undo()


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.integration)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A site's settings: its state in a file, and in a schema on a real server."""
    url = None
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb")
        name = f"audit_{uuid.uuid4().hex[:12]}"
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        url = f"mysql+pymysql://{getpass.getuser()}@localhost/{name}?unix_socket={server.socket}"
    (tmp_path / "state").mkdir(mode=0o700)
    return Settings(
        name="mail1.example.com", home=tmp_path / "home", packages=str(tmp_path), state=tmp_path / "state", state_url=url,
        backups=tmp_path / "backups",
    )  # fmt: skip


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A year: three upgrades, one that failed and was undone, a version switched by hand, and what the vendor's tables say."""
    clock = Clock(BEGAN)
    for module in ("state.ledger.now", "state.journal.now", "orchestrator.runs.engine._now"):
        monkeypatch.setattr(module, clock)
    early = [
        {"application_name": "EMM", "host_name": "mail1", "version_number": version, "startup_timestamp": time.isoformat()}
        for version, time in (("19.04.000.100", BEGAN - timedelta(days=200)), ("19.10.000.170", BEGAN - timedelta(days=80)))
    ]
    with ExitStack() as stack:
        site = stack.enter_context(Site.open(settings))
        for number, (source, target) in enumerate(UPGRADES):
            upgrade(site, f"AAA{number}", source, target, reason=f"ticket {number}: newer release")
            clock.now += timedelta(days=90)
            if number == 1:
                upgrade(site, "BAD1", *UPGRADES[2], reason="first try", fails=True)
                clock.now += timedelta(days=20)
        site.ledger.append([EntryDraft("drift-observed", "manual", "21.04.000.120", "20.10.000.152")], actor=site.actor)
        versions = [{"version_number": "19.04.001", "updating_user": "root", "update_timestamp": BEGAN.isoformat()}]
        site.ledger.append(drafts(early, versions), actor=site.actor)
        monkeypatch.undo()
        yield site


@pytest.fixture
def tamper(site: Site) -> Callable[..., None]:
    """Changes the table as somebody could who drops the triggers first."""
    with site.store.engine.begin() as connection:
        for name in ("ledger_no_update", "ledger_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return partial(_execute, site)


def _execute(site: Site, *statements: str) -> None:
    with site.store.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
