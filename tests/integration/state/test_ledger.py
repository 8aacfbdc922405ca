"""The ledger in a real table, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert

from state.chain import Line
from state.ledger import PAGE, EntryDraft, Ledger, Problem, this_boot
from state.schema import ledger as table
from state.store import Store

ACTOR = {"uid": 0, "ssh_client": "192.0.2.7"}
MACHINE = "b642b4217b34b1e8d3bd915fc65c4452"


def version(component: str, to_version: str, from_version: str | None = None) -> EntryDraft:
    return EntryDraft("component-version", component, from_version, to_version, {"seconds": 1.5})


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """A ledger of genesis and five entries."""
    ledger = store.ledger("prod", machine_id=MACHINE)
    ledger.append([version("frontend", f"20.{n:02d}") for n in range(5)], actor=ACTOR)
    return ledger


@pytest.fixture
def tamper(store: Store):
    """Changes the table as somebody could who drops the triggers first."""
    with store.engine.begin() as connection:
        for name in ("ledger_no_update", "ledger_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")

    def execute(*statements: str) -> None:
        with store.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return execute


def test_the_first_append_begins_the_chain_with_its_genesis(store: Store) -> None:
    ledger = store.ledger("prod", machine_id=MACHINE)
    assert ledger.head() is None
    returned = ledger.append([version("frontend", "20.10")], actor=ACTOR)
    genesis, first = ledger.entries()
    assert returned == [first]
    assert (genesis.seq, genesis.kind, genesis.run, genesis.prev) == (1, "genesis", None, "0" * 64)
    assert genesis.evidence["machine_id"] == MACHINE
    assert len(genesis.evidence["site_id"]) == 36
    assert (first.prev, first.actor, first.boot_id, first.time.tzinfo) == (genesis.hash, ACTOR, this_boot(), UTC)
    head = ledger.head()
    assert (head.seq, head.hash, head.time) == (2, first.hash, first.time)


def test_appending_nothing_writes_nothing(store: Store) -> None:
    assert store.ledger("prod").append([], actor=ACTOR) == []
    assert store.ledger("prod").head() is None


def test_each_site_has_a_chain_of_its_own(store: Store) -> None:
    for site in ("prod", "test", "PROD"):
        store.ledger(site).append([version("frontend", "20.10")], actor=ACTOR)
    store.ledger("prod").append([version("frontend", "20.11")], actor=ACTOR)
    assert [store.ledger(site).verify().entries for site in ("prod", "test", "PROD")] == [3, 2, 2]
    assert len({next(store.ledger(site).entries()).evidence["site_id"] for site in ("prod", "test", "PROD")}) == 3


def test_entries_are_chosen_by_what_is_asked(store: Store) -> None:
    ledger = store.ledger("prod")
    ledger.append([EntryDraft("run-started", run="A"), version("runtime", "9.0.1")], actor=ACTOR)
    between = datetime.now(UTC)
    ledger.append([version("frontend", "20.10"), EntryDraft("run-completed", run="A")], actor=ACTOR)

    def seqs(**asked: object) -> list[int]:
        return [entry.seq for entry in ledger.entries(**asked)]

    assert seqs() == [1, 2, 3, 4, 5]
    assert seqs(run="A") == [2, 5]
    assert seqs(component="runtime") == [3]
    assert seqs(kind="component-version") == [3, 4]
    assert seqs(until=between) == [1, 2, 3]
    assert seqs(since=between) == [4, 5]
    assert seqs(after_seq=3) == [4, 5]
    assert seqs(run="A", after_seq=2) == [5]
    assert seqs(component="none") == []


def test_entries_can_be_read_while_more_are_appended(store: Store) -> None:
    ledger = store.ledger("prod")
    ledger.append([EntryDraft("a") for _ in range(PAGE + 5)], actor=ACTOR)
    count = 0
    for entry in ledger.entries():
        if entry.seq == 1:
            ledger.append([EntryDraft("b")], actor=ACTOR)
        count += 1
    assert count == PAGE + 7
    assert ledger.verify().entries == PAGE + 7


def test_what_was_active_is_the_last_version_set_until_then(store: Store) -> None:
    ledger = store.ledger("prod")
    before = datetime.now(UTC)
    ledger.append([version("frontend", "20.04"), version("runtime", "9.0.1")], actor=ACTOR)
    then = ledger.head().time
    ledger.append([version("frontend", "20.10", "20.04"), EntryDraft("hop-proven", "frontend", None, "99")], actor=ACTOR)
    store.ledger("other").append([version("manual", "1")], actor=ACTOR)

    def active(time: datetime) -> dict[str, str | None]:
        return {name: entry.to_version for name, entry in ledger.active_at(time).items()}

    assert active(before) == {}
    assert active(then) == {"frontend": "20.04", "runtime": "9.0.1"}
    assert active(then + timedelta(days=1)) == {"frontend": "20.10", "runtime": "9.0.1"}


def test_a_clock_that_jumps_back_is_recorded_and_the_later_entry_counts(store: Store, monkeypatch) -> None:
    ledger = store.ledger("prod")
    ledger.append([version("frontend", "20.04")], actor=ACTOR)
    before = ledger.head().time
    earlier = before - timedelta(hours=1)
    monkeypatch.setattr("state.ledger.now", lambda: earlier)
    returned = ledger.append([version("frontend", "20.10")], actor=ACTOR)
    assert [entry.to_version for entry in returned] == ["20.10"]
    assert ledger.verify().problem is None
    assert ledger.head().time == earlier
    assert [entry.seq for entry in ledger.entries(kind="clock-set-back")] == [3]
    assert ledger.active_at(datetime.now(UTC))["frontend"].to_version == "20.10"
    assert ledger.active_at(before)["frontend"].to_version == "20.10"
    assert ledger.active_at(earlier - timedelta(seconds=1)) == {}


@pytest.mark.parametrize("jumps", [{7}, {7, 8}, {2, 11, 12, 13}, {19}])
def test_what_was_active_is_the_last_said_until_then_also_with_a_clock_set_back(
    store: Store, monkeypatch, jumps: set[int]
) -> None:
    ledger = store.ledger("prod")
    clock = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(20):
        clock += timedelta(minutes=-35 if number in jumps else 10)
        monkeypatch.setattr("state.ledger.now", partial(clock.replace))
        kind = "drift-observed" if number % 5 == 4 else "component-version"
        ledger.append([EntryDraft(kind, ("frontend", "manual")[number % 2], None, str(number))], actor=ACTOR)
    entries = list(ledger.entries())
    for minutes in range(-100, 250):
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        seq = max((entry.seq for entry in entries if entry.time <= at), default=0)
        wanted = {entry.component: entry.to_version for entry in entries if entry.seq <= seq and entry.component}
        assert {name: entry.to_version for name, entry in ledger.active_at(at).items()} == wanted


def test_the_digest_trusted_last_is_pinned(store: Store) -> None:
    ledger = store.ledger("prod")
    name = "openemm-gui-20.10.000.152.tar.gz"
    assert ledger.pinned_digest(name) is None
    for digest in ("aa", "bb"):
        ledger.append([EntryDraft("package-trusted", "package", None, name, {"sha256": digest})], actor=ACTOR)
    ledger.append([EntryDraft("package-trusted", "package", None, "other", {"sha256": "cc"})], actor=ACTOR)
    assert ledger.pinned_digest(name) == "bb"
    assert store.ledger("test").pinned_digest(name) is None


def test_folds_use_an_index(tmp_path: Path) -> None:
    seen: list[tuple[str, object]] = []
    with Store.open(tmp_path / "state.db", tool_version="0.1.0") as store:
        event.listen(store.engine, "before_cursor_execute", lambda conn, cursor, sql, values, *rest: seen.append((sql, values)))
        ledger = store.ledger("prod")
        ledger.append([version("frontend", "20.10")], actor=ACTOR)
        seen.clear()
        ledger.active_at(datetime.now(UTC))
        ledger.pinned_digest("x")
        with store.engine.connect() as connection:
            queries = [(sql, values) for sql, values in seen if sql.startswith("SELECT")]
            plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in queries]
    assert len(plans) >= 4
    assert all("USING" in row.detail and "SCAN" not in row.detail and "TEMP" not in row.detail for plan in plans for row in plan)


def test_two_writers_at_once_make_one_chain(open_store) -> None:
    stores = [open_store() for _ in range(3)]
    errors: list[Exception] = []

    def write(store: Store) -> None:
        try:
            for _ in range(10):
                store.ledger("prod").append([EntryDraft("a"), EntryDraft("b")], actor=ACTOR)
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=write, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    verdict = stores[0].ledger("prod").verify()
    assert (verdict.entries, verdict.problem) == (61, None)


def test_a_changed_entry_is_found(ledger: Ledger, tamper) -> None:
    tamper("UPDATE ledger SET to_version = '20.11' WHERE seq = 3")
    verdict = ledger.verify()
    assert (verdict.entries, verdict.head.seq, verdict.problem) == (2, 2, Problem(3, "changed"))


def test_a_removed_entry_is_found(ledger: Ledger, tamper) -> None:
    tamper("DELETE FROM ledger WHERE seq = 3")
    assert ledger.verify().problem == Problem(3, "removed")


def test_an_inserted_entry_is_found(ledger: Ledger, tamper) -> None:
    tamper("UPDATE ledger SET seq = seq + 100 WHERE seq > 3", "UPDATE ledger SET seq = seq - 99 WHERE seq > 100")
    last = list(ledger._lines())[2]
    forged = last._replace(seq=4, prev=last.hash, to_version="forged")
    with ledger._connector.engine.begin() as connection:
        connection.execute(insert(table), forged._replace(hash=forged.digest())._asdict())
    assert ledger.verify().problem == Problem(4, "inserted")


def test_swapped_entries_are_found(ledger: Ledger, tamper) -> None:
    tamper(*(f"UPDATE ledger SET seq = {new} WHERE seq = {old}" for old, new in ((3, 100), (5, 3), (100, 5))))
    assert ledger.verify().problem == Problem(3, "reordered")


def test_a_truncated_ledger_is_found_against_a_checkpoint(ledger: Ledger, tamper) -> None:
    checkpoint = ledger.head()
    tamper("DELETE FROM ledger WHERE seq > 4")
    assert ledger.verify().problem is None
    assert ledger.verify(checkpoint).problem == Problem(5, "truncated")


def test_an_emptied_ledger_is_found_against_a_checkpoint(ledger: Ledger, tamper) -> None:
    checkpoint = ledger.head()
    tamper("DELETE FROM ledger")
    assert ledger.verify(checkpoint).problem == Problem(1, "truncated")


def test_a_ledger_of_another_host_is_found(ledger: Ledger, store: Store) -> None:
    assert store.ledger("prod", machine_id="f" * 32).verify().problem == Problem(1, "foreign-genesis")


def test_a_ledger_of_another_site_is_found(ledger: Ledger, tamper) -> None:
    tamper("UPDATE sites SET site_id = 'another'")
    assert ledger.verify().problem == Problem(1, "foreign-genesis")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory):
    """A ledger on SQLite, its head, and its lines, without triggers."""
    with Store.open(tmp_path_factory.mktemp("sealed") / "state.db", tool_version="0.1.0") as store:
        ledger = store.ledger("prod", machine_id=MACHINE)
        ledger.append([version("frontend", "20.04"), EntryDraft("run-started", run="7K3Q"), version("runtime", "9")], actor=ACTOR)
        with store.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        yield store, ledger, ledger.head(), list(ledger._lines())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.data())
def test_any_byte_that_is_flipped_in_the_table_is_found(sealed, data: st.DataObject) -> None:
    store, ledger, head, lines = sealed
    line = data.draw(st.sampled_from(lines))
    name = data.draw(st.sampled_from([name for name in Line._fields if isinstance(getattr(line, name), str)]))
    raw = bytearray(getattr(line, name).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with store.engine.connect() as connection, connection.begin() as transaction:
        cursor = connection.connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute(
            f"UPDATE ledger SET {name} = CAST(? AS TEXT) WHERE site = ? AND seq = ?", [bytes(raw), line.site, line.seq]
        )
        assert cursor.rowcount == 1
        reader = Ledger(_Within(connection), "prod", MACHINE)
        assert reader.verify(head).problem is not None
        transaction.rollback()
    assert ledger.verify(head).problem is None


class _Within:
    """Reads within a transaction that is still open, so that it can be taken back."""

    is_server = False

    def __init__(self, connection) -> None:
        self._connection = connection

    def read(self, work):
        return work(self._connection)
