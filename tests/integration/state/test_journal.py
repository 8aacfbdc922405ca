"""Runs, steps, events and statements, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from state.connector import Connector
from state.errors import ConflictError, RunUnknownError
from state.journal import EventDraft, Journal, RunRecord, StepChange
from state.ledger import EntryDraft
from state.schema import events
from state.statements import StatementRow
from state.store import Store

ACTOR = {"uid": 0, "sudo_user": "jörg", "tty": "/dev/pts/1"}
NOON = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
STEPS = [("fetch", "fetch packages"), ("hop1.stop", "hop 1 stop"), ("hop1.backup", "hop 1 backup")]


def create(journal: Journal, run_id: str = "7K3Q", **changes: object) -> RunRecord:
    given = {
        "run_id": run_id, "site": "prod", "workflow": "upgrade", "plan": {"to": "20.10", "hops": [1, 2]},
        "options": {"yes": True}, "actor": ACTOR, "reason": "ticket 12", "tool_version": "0.1.0", "steps": STEPS,
    }  # fmt: skip
    return journal.create(**(given | changes))


def test_a_new_run_is_planned_and_its_steps_are_pending(store: Store) -> None:
    run = create(store.journal, ledger=[EntryDraft("run-started", evidence={"to": "20.10"})])
    assert run == store.journal.load("7K3Q")
    assert (run.state, run.position, run.revision) == ("planned", None, 0)
    assert [(step.name, step.title, step.position, step.state, step.attempt) for step in run.steps] == [
        (name, title, at, "pending", 0) for at, (name, title) in enumerate(STEPS)
    ]
    started = list(store.ledger("prod").entries(run="7K3Q"))
    assert [(entry.kind, entry.actor) for entry in started] == [("run-started", ACTOR)]


def test_a_run_without_steps_can_be_created(store: Store) -> None:
    assert create(store.journal, steps=[]) == store.journal.load("7K3Q")


def test_a_second_run_of_the_same_id_is_refused(store: Store) -> None:
    create(store.journal)
    with pytest.raises(ConflictError):
        create(store.journal, reason="another", ledger=[EntryDraft("run-started")])
    assert store.journal.load("7K3Q").reason == "ticket 12"
    assert store.ledger("prod").head() is None


def test_a_run_nobody_made_is_unknown(store: Store) -> None:
    for ask in (store.journal.load, lambda run: store.journal.request(run, "pause")):
        with pytest.raises(RunUnknownError) as caught:
            ask("NONE")
        assert caught.value.key == "run-unknown"


def test_what_change_returns_is_what_load_reads(store: Store) -> None:
    run = create(store.journal)
    run = store.journal.change(
        run, state="running", position="fetch", started=NOON,
        steps=[StepChange("fetch", "pending", "doing", 1, {"seen": (1, 2)}, started=NOON)],
        events=[EventDraft("step-started", "fetch", {"attempt": 1}), EventDraft("note")],
    )  # fmt: skip
    assert run == store.journal.load("7K3Q")
    run = store.journal.change(
        run, position="hop1.stop", headline={"key": "x", "message": "cannot stop"},
        steps=[StepChange("fetch", "doing", "done", facts={"files": ["a"]}, summary="3 packages", ended=NOON, seconds=1.25),
               StepChange("hop1.stop", "pending", "failed", error={"key": "x"})],
    )  # fmt: skip
    assert run == store.journal.load("7K3Q")
    assert run.revision == 2
    assert run.step("fetch").intent == {"seen": [1, 2]}
    run = store.journal.change(run, headline=None, steps=[StepChange("hop1.stop", "failed", "pending", error=None)])
    assert run == store.journal.load("7K3Q")
    assert (run.headline, run.step("hop1.stop").error, run.started) == (None, None, NOON)


def test_a_change_writes_run_steps_events_and_ledger_together(store: Store) -> None:
    run = create(store.journal)
    entry = EntryDraft("component-version", "frontend", "20.04", "20.10", {"sha256": "ab"})
    store.journal.change(run, state="running", events=[EventDraft("a"), EventDraft("b", "fetch", {"n": 1})], ledger=[entry])
    assert [(event.kind, event.step, event.data) for event in store.journal.events("7K3Q")] == [
        ("a", None, {}),
        ("b", "fetch", {"n": 1}),
    ]
    written = list(store.ledger("prod").entries())
    assert [(entry.kind, entry.run, entry.actor) for entry in written] == [
        ("genesis", None, ACTOR),
        ("component-version", "7K3Q", ACTOR),
    ]
    assert store.ledger("prod").verify().problem is None


def nothing_more_written(store: Store, before: RunRecord) -> bool:
    return (
        store.journal.load(before.id) == before
        and not store.journal.events(before.id)
        and store.ledger(before.site).head() is None
    )


def test_a_change_on_an_old_revision_writes_nothing(open_store) -> None:
    mine, theirs = open_store(), open_store()
    old = create(mine.journal)
    new = theirs.journal.change(theirs.journal.load("7K3Q"), state="paused")
    with pytest.raises(ConflictError) as caught:
        mine.journal.change(
            old,
            state="running",
            steps=[StepChange("fetch", "pending", "doing")],
            events=[EventDraft("a")],
            ledger=[EntryDraft("b")],
        )
    assert caught.value.key == "journal-conflict"
    assert nothing_more_written(mine, new)


def test_a_step_that_is_not_in_the_state_expected_stops_the_whole_change(store: Store) -> None:
    run = create(store.journal)
    steps = [StepChange("fetch", "pending", "doing"), StepChange("hop1.stop", "doing", "done")]
    with pytest.raises(ConflictError, match=r"hop1\.stop"):
        store.journal.change(run, state="running", steps=steps, events=[EventDraft("a")], ledger=[EntryDraft("b")])
    assert nothing_more_written(store, run)


def test_a_value_json_cannot_say_is_an_error_before_anything_is_written(store: Store) -> None:
    run = create(store.journal)
    for bad in ({"events": [EventDraft("a", data={"p": Path("/")})]}, {"ledger": [EntryDraft("b", evidence={"n": 2**60})]}):
        with pytest.raises((TypeError, ValueError)):
            store.journal.change(run, state="running", **bad)
    assert nothing_more_written(store, run)
    assert store.journal.change(run, state="running").revision == 1


def test_runs_are_listed_newest_first_by_site(store: Store) -> None:
    for run_id in ("A", "B", "C"):
        create(store.journal, run_id)
    create(store.journal, "D", site="other")
    assert [run.id for run in store.journal.runs("prod")] == ["C", "B", "A"]
    assert [(run.id, run.steps) for run in store.journal.runs("prod", limit=1)] == [("C", ())]


def test_the_open_run_is_the_newest_that_has_not_ended(store: Store) -> None:
    assert store.journal.open_run("prod", {"completed"}) is None
    older = create(store.journal, "A", state="failed")
    create(store.journal, "B", state="completed")
    assert store.journal.open_run("prod", {"completed", "undone"}) == older
    assert store.journal.open_run("prod", ()).id == "B"


def test_a_request_reaches_another_process_and_is_no_conflict(open_store) -> None:
    mine, theirs = open_store(), open_store()
    run = create(mine.journal)
    assert mine.journal.requested("7K3Q") is None
    theirs.journal.request("7K3Q", "pause")
    assert mine.journal.requested("7K3Q") == "pause"
    mine.journal.change(run, state="paused")
    mine.journal.request("7K3Q", None)
    mine.journal.request("7K3Q", None)
    assert theirs.journal.requested("7K3Q") is None


def test_events_can_be_followed(open_store) -> None:
    mine, theirs = open_store(), open_store()
    run = mine.journal.change(create(mine.journal), events=[EventDraft("a")])
    other = create(mine.journal, "OTHER")
    seen = theirs.journal.events("7K3Q")
    mine.journal.change(other, events=[EventDraft("x")])
    mine.journal.change(run, events=[EventDraft("b"), EventDraft("c")])
    assert [event.kind for event in theirs.journal.events("7K3Q", after=seen[-1].seq)] == ["b", "c"]
    assert (seen[0].run, seen[0].time.tzinfo) == ("7K3Q", UTC)


def test_statements_are_replaced_by_file_and_position_and_keep_their_order(store: Store) -> None:
    log = store.journal.statements("7K3Q", "hop1.database")
    first = StatementRow("b.sql", 0, "d0", "doing", fingerprint="f", session={"@a": "1'\"ü"})
    log.write(first, StatementRow("b.sql", 1, "d1", "done"))
    log.write(StatementRow("a.sql", 0, "d2", "benign", error="1061 duplicate key"))
    log.write(StatementRow("b.sql", 0, "d0", "done"))
    log.write()
    assert log.records() == [
        StatementRow("b.sql", 0, "d0", "done"), StatementRow("b.sql", 1, "d1", "done"),
        StatementRow("a.sql", 0, "d2", "benign", error="1061 duplicate key"),
    ]  # fmt: skip
    log.write(first)
    assert log.records()[0] == first


def test_statements_are_forgotten_for_one_step_only(store: Store) -> None:
    one, other = store.journal.statements("7K3Q", "hop1.database"), store.journal.statements("7K3Q", "hop2.database")
    for log in (one, other):
        log.write(StatementRow("a.sql", 0, "d", "done"))
    one.forget()
    one.forget()
    assert (one.records(), len(other.records())) == ([], 1)


def test_everything_is_there_after_reopening(open_store) -> None:
    first = open_store()
    run = first.journal.change(create(first.journal), state="running", events=[EventDraft("a")], ledger=[EntryDraft("b")])
    first.close()
    again = open_store()
    assert again.journal.load("7K3Q") == run
    assert again.ledger("prod").verify().entries == 2


def test_long_texts_and_any_character_survive(store: Store) -> None:
    plan = {"files": ["ä€🙂'\\\" \n"] * 20000}
    assert create(store.journal, plan=plan) == store.journal.load("7K3Q")


def test_a_change_passes_the_place_of_a_crash_before_and_after_its_commit(store: Store, monkeypatch) -> None:
    counts = []
    connector = Connector(store.engine)

    def place(name: str) -> None:
        query = select(func.count()).select_from(events)
        counts.append((name, connector.read(lambda connection: connection.execute(query).scalar())))

    run = create(store.journal)
    monkeypatch.setattr("state.faults.place", place)
    store.journal.change(run, events=[EventDraft("a")])
    connector.close()
    assert counts == [("commit", 0), ("commit", 1)]
