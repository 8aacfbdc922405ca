"""A MariaDB server that goes away in the middle of a run: nothing is lost, nothing is written twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import event, func, select

from orchestrator.hosts.scratch.private_server import PrivateServer
from state.connector import Connector
from state.errors import ConflictError, StoreUnavailableError
from state.journal import EventDraft, StepChange
from state.ledger import EntryDraft
from state.schema import events
from state.statements import StatementRow
from state.store import Store

pytestmark = pytest.mark.integration
ACTOR = {"uid": 0}
NEW_RUN = {
    "run_id": "7K3Q", "site": "prod", "workflow": "upgrade", "plan": {}, "options": {}, "actor": ACTOR, "reason": None,
    "tool_version": "0.1.0", "steps": [(f"s{n}", f"step {n}") for n in range(30)],
}  # fmt: skip


class Cut:
    """Calls `how` once, at the moment it is set for: before the n-th statement, before the commit or before its answer."""

    def __init__(self, store: Store, how: Callable[[int], None]) -> None:
        self._how = how
        self._at: int | str | None = None
        self.done = 0
        self._statements = 0
        self._commit = store.engine.dialect.do_commit
        store.engine.dialect.do_commit = self._committing
        event.listen(store.engine, "before_cursor_execute", self._executing)

    def at(self, when: int | str) -> None:
        self._at, self._statements = when, 0

    def _now(self, connection: pymysql.connections.Connection) -> None:
        self._at = None
        self.done += 1
        self._how(connection.thread_id())

    def _executing(self, connection, *_rest: object) -> None:
        if self._at == self._statements:
            self._now(connection.connection.dbapi_connection)
        self._statements += 1

    def _committing(self, connection) -> None:
        raw = getattr(connection, "dbapi_connection", connection)
        if self._at == "commit":
            self._now(raw)
        self._commit(connection)
        if self._at == "answer":
            self._now(raw)
            raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")


@pytest.fixture
def store(server_target: str) -> Iterator[Store]:
    """A store on a server, with a run, a ledger and a statement."""
    with Store.open(server_target, tool_version="0.1.0") as store:
        store.journal.create(**NEW_RUN)
        store.ledger("prod").append([EntryDraft("first")], actor=ACTOR)
        store.journal.statements("7K3Q", "s0").write(StatementRow("a.sql", 0, "d", "doing"))
        yield store


@pytest.fixture
def cut(store: Store, mariadb: PrivateServer) -> Cut:
    """The server drops the connection."""

    def drop(thread: int) -> None:
        with mariadb.connect() as admin, admin.cursor() as cursor:
            cursor.execute(f"KILL CONNECTION {thread}")

    return Cut(store, drop)


def change(store: Store) -> object:
    steps = [StepChange("s0", "pending", "doing", attempt=1)]
    run = store.journal.load("7K3Q")
    drafts = [EntryDraft("a"), EntryDraft("b")]

    def act() -> None:
        after = store.journal.change(run, state="running", steps=steps, events=[EventDraft("e")], ledger=drafts)
        assert after == store.journal.load("7K3Q")

    return act


def create(store: Store) -> object:
    return lambda: store.journal.create(**NEW_RUN | {"run_id": "NEXT"}, ledger=[EntryDraft("run-started")])


def append(store: Store) -> object:
    return lambda: [entry.kind for entry in store.ledger("prod").append([EntryDraft("a"), EntryDraft("b")], actor=ACTOR)]


def write(store: Store) -> object:
    rows = [StatementRow("a.sql", 0, "d", "done"), StatementRow("a.sql", 1, "d", "doing")]
    return lambda: store.journal.statements("7K3Q", "s0").write(*rows)


def request(store: Store) -> object:
    return lambda: store.journal.request("7K3Q", "pause")


def remembered(store: Store) -> dict[str, object]:
    verdict = store.ledger("prod").verify()
    assert verdict.problem is None
    return {
        "runs": [(run.id, run.state, run.revision) for run in store.journal.runs("prod")],
        "step": store.journal.load("7K3Q").step("s0").state,
        "events": [event.kind for event in store.journal.events("7K3Q")],
        "ledger": [entry.kind for entry in store.ledger("prod").entries()],
        "statements": store.journal.statements("7K3Q", "s0").records(),
        "requested": store.journal.requested("7K3Q"),
    }


BEFORE = {
    "runs": [("7K3Q", "planned", 0)], "step": "pending", "events": [], "ledger": ["genesis", "first"],
    "statements": [StatementRow("a.sql", 0, "d", "doing")], "requested": None,
}  # fmt: skip
EXPECTED = {
    change: {"runs": [("7K3Q", "running", 1)], "step": "doing", "events": ["e"], "ledger": ["genesis", "first", "a", "b"]},
    create: {"runs": [("NEXT", "planned", 0), ("7K3Q", "planned", 0)], "ledger": ["genesis", "first", "run-started"]},
    append: {"ledger": ["genesis", "first", "a", "b"]},
    write: {"statements": [StatementRow("a.sql", 0, "d", "done"), StatementRow("a.sql", 1, "d", "doing")]},
    request: {"requested": "pause"},
}
CUTS = [(act, when) for act, count in ((change, 6), (create, 5), (append, 3), (write, 1), (request, 1))
        for when in [*range(count), "commit", "answer"]]  # fmt: skip


@pytest.mark.parametrize(("act", "when"), CUTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_what_was_cut_off_anywhere_is_written_once(store: Store, cut: Cut, act, when: int | str) -> None:
    todo = act(store)
    cut.at(when)
    todo()
    assert cut.done == 1
    assert remembered(store) == BEFORE | EXPECTED[act]


def test_a_change_that_lost_its_connection_and_then_the_race_is_a_conflict(
    store: Store, mariadb: PrivateServer, server_target
) -> None:
    run = store.journal.load("7K3Q")

    def overtaken(thread: int) -> None:
        with mariadb.connect() as admin, admin.cursor() as cursor:
            cursor.execute(f"KILL CONNECTION {thread}")
        with Store.open(server_target, tool_version="0.1.0") as other:
            other.journal.change(run, state="paused")

    cut = Cut(store, overtaken)
    cut.at(0)
    with pytest.raises(ConflictError):
        store.journal.change(run, state="running", events=[EventDraft("e")])
    assert (store.journal.load("7K3Q").state, store.journal.events("7K3Q")) == ("paused", [])


@pytest.fixture(scope="module")
def own_server(open_folder: Path) -> Iterator[PrivateServer]:
    """A server that a test may kill."""
    server = PrivateServer(open_folder / "mariadb-of-state", small=True)
    server.create()
    server.start()
    yield server
    server.destroy()


def test_a_server_killed_and_restarted_in_mid_run_loses_and_doubles_nothing(own_server: PrivateServer, make_schema) -> None:
    starting: list[threading.Thread] = []

    def crash(_thread: int) -> None:
        own_server.kill()
        starting.append(threading.Thread(target=own_server.start))
        starting[-1].start()

    cuts: dict[int, int | str] = {5: 2, 12: "commit", 20: "answer"}
    with Store.open(make_schema(own_server), tool_version="0.1.0") as store:
        cut = Cut(store, crash)
        run = store.journal.create(**NEW_RUN)
        for n in range(30):
            run = store.journal.change(
                run, steps=[StepChange(f"s{n}", "pending", "doing")], events=[EventDraft("began", f"s{n}")]
            )
            if n in cuts:
                cut.at(cuts[n])
            run = store.journal.change(
                run,
                steps=[StepChange(f"s{n}", "doing", "done")],
                events=[EventDraft("done", f"s{n}")],
                ledger=[EntryDraft(f"s{n}")],
            )
        for thread in starting:
            thread.join()
        assert cut.done == len(starting) == 3
        assert store.journal.load("7K3Q") == run
        assert {step.state for step in run.steps} == {"done"}
        assert [(event.kind, event.step) for event in store.journal.events("7K3Q")] == [
            (kind, f"s{n}") for n in range(30) for kind in ("began", "done")
        ]
        assert [entry.kind for entry in store.ledger("prod").entries()] == ["genesis", *(f"s{n}" for n in range(30))]
        assert store.ledger("prod").verify().problem is None


def test_a_server_that_stays_away_is_told_when_patience_is_over(own_server: PrivateServer, make_schema) -> None:
    with Store.open(make_schema(own_server), tool_version="0.1.0") as store:
        connector = Connector(store.engine, patience=0.2)
        count = select(func.count()).select_from(events)
        assert connector.read(lambda connection: connection.execute(count).scalar()) == 0
        own_server.kill()
        with pytest.raises(StoreUnavailableError) as caught:
            connector.read(lambda connection: connection.execute(count).scalar())
        assert caught.value.key == "store-unavailable"
        connector.close()
        own_server.start()


def test_a_fault_of_the_work_is_not_tried_again(store: Store) -> None:
    calls: list[int] = []

    def work(connection) -> None:
        calls.append(1)
        connection.exec_driver_sql("SELECT nonsense FROM nowhere")

    with pytest.raises(StoreUnavailableError):
        store._connector.write(work)
    assert calls == [1]
