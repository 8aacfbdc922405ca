"""The journal of runs and steps, and the only writer of them. Every change is a compare-and-set in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from state.connector import Connector
from state.errors import ConflictError, RunUnknownError
from state.ledger import EntryDraft, Ledger
from state.records import UNSET, EventDraft, EventRecord, Keep, RunRecord, StepChange, StepRecord
from state.schema import events, runs, steps
from state.statements import StatementLog
from state.texts import (
    json_text,
    now,
    optional_json_text,
    optional_text_json,
    optional_text_time,
    optional_time_text,
    text_json,
    text_time,
    time_text,
)

__all__ = ["UNSET", "EventDraft", "EventRecord", "Journal", "RunRecord", "StepChange", "StepRecord"]

_RUN_COLUMNS = tuple(column for column in runs.c if column.name not in {"number", "token", "requested"})
_INSERT_RUN, _INSERT_STEP, _INSERT_EVENT = insert(runs), insert(steps), insert(events)
_CHANGE_RUN = update(runs).where(runs.c.id == bindparam("b_id"), runs.c.revision == bindparam("b_revision"))
_CHANGE_STEP = update(steps).where(
    steps.c.run == bindparam("b_run"), steps.c.name == bindparam("b_name"), steps.c.state == bindparam("b_state")
)
_TOKEN = select(runs.c.token).where(runs.c.id == bindparam("b_id"))
_RUN = select(*_RUN_COLUMNS).where(runs.c.id == bindparam("b_id"))
_STEPS = select(steps).where(steps.c.run == bindparam("b_run")).order_by(steps.c.position)
_EVENTS = select(events).where(events.c.run == bindparam("b_run"), events.c.seq > bindparam("after")).order_by(events.c.seq)
_REQUEST = update(runs).where(runs.c.id == bindparam("b_id"))
_REQUESTED = select(runs.c.requested).where(runs.c.id == bindparam("b_id"))


class Journal:
    """The runs of a store."""

    def __init__(self, connector: Connector, ledger: Callable[[str], Ledger]) -> None:
        """Take the store's connection and its ledgers by site."""
        self._connector = connector
        self._ledger = ledger

    def create(
        self,
        *,
        run_id: str,
        site: str,
        workflow: str,
        plan: Mapping[str, Any],
        options: Mapping[str, Any],
        actor: Mapping[str, Any],
        reason: str | None,
        tool_version: str,
        steps: Sequence[tuple[str, str]],
        state: str = "planned",
        ledger: Sequence[EntryDraft] = (),
    ) -> RunRecord:
        """Write a new run with its steps (name, title), all pending, and its first entries of the ledger.

        Raises:
            ConflictError: there is a run of that id.
        """
        run = RunRecord(
            id=run_id, site=site, workflow=workflow, state=state, position=None, plan=_plain(plan), options=_plain(options),
            actor=_plain(actor), reason=reason, tool_version=tool_version, created=now(), started=None, ended=None,
            headline=None, revision=0, steps=tuple(StepRecord(name, title, at) for at, (name, title) in enumerate(steps)),
        )  # fmt: skip
        token = uuid.uuid4().hex

        def work(connection: Connection) -> None:
            connection.execute(_INSERT_RUN, _run_values(run) | {"token": token})
            if run.steps:
                connection.execute(_INSERT_STEP, [_step_values(run.id, step) for step in run.steps])
            if ledger:
                self._ledger(site).append_within(connection, ledger, actor=run.actor, run=run.id)

        try:
            self._connector.write(work)
        except IntegrityError:
            if self._connector.read(lambda connection: connection.execute(_TOKEN, {"b_id": run_id}).scalar()) != token:
                raise ConflictError(f"cannot create run {run_id}: there is one of that id") from None
        return run

    def load(self, run_id: str) -> RunRecord:
        """The run with its steps.

        Raises:
            RunUnknownError: there is no such run.
        """

        def work(connection: Connection) -> RunRecord | None:
            row = connection.execute(_RUN, {"b_id": run_id}).one_or_none()
            if row is None:
                return None
            return _run(row, tuple(_step(step) for step in connection.execute(_STEPS, {"b_run": run_id})))

        run = self._connector.read(work)
        if run is None:
            raise _unknown(run_id)
        return run

    def runs(self, site: str, limit: int | None = None) -> list[RunRecord]:
        """The runs of a site without their steps, newest first, at most `limit`."""
        query = select(*_RUN_COLUMNS).where(runs.c.site == site).order_by(runs.c.number.desc()).limit(limit)
        return self._connector.read(lambda connection: [_run(row, ()) for row in connection.execute(query)])

    def open_run(self, site: str, ended: Collection[str]) -> RunRecord | None:
        """The newest run of a site whose state is none of `ended`, with its steps, or None."""
        query = (
            select(runs.c.id)
            .where(runs.c.site == site, runs.c.state.not_in(sorted(ended)))
            .order_by(runs.c.number.desc())
            .limit(1)
        )
        run_id = self._connector.read(lambda connection: connection.execute(query).scalar())
        return None if run_id is None else self.load(run_id)

    def change(
        self,
        run: RunRecord,
        *,
        state: str | Keep = UNSET,
        position: str | Keep | None = UNSET,
        headline: Mapping[str, Any] | Keep | None = UNSET,
        started: datetime | Keep | None = UNSET,
        ended: datetime | Keep | None = UNSET,
        steps: Sequence[StepChange] = (),
        events: Sequence[EventDraft] = (),
        ledger: Sequence[EntryDraft] = (),
    ) -> RunRecord:
        """Change a run and its steps, and write events and entries of the ledger, all in one transaction or not at all.

        What comes back is the run as it now stands. On a server that goes away in the middle, the change is made once.

        Raises:
            ConflictError: the run is no longer at its revision, or a step not in the state expected; nothing was written.
        """
        given = {"state": state, "position": position, "headline": headline, "started": started, "ended": ended}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
        if values.get("headline") is not None:
            values["headline"] = _plain(values["headline"])
        all_steps = list(run.steps)
        changed = [_changed(run.step(change.name), change) for change in steps]
        for step in changed:
            all_steps[step.position] = step
        after = replace(run, revision=run.revision + 1, steps=tuple(all_steps), **values)
        token = uuid.uuid4().hex
        where_run = {"b_id": run.id, "b_revision": run.revision}
        run_values = {
            **where_run, "state": after.state, "position": after.position, "headline": optional_json_text(after.headline),
            "started": optional_time_text(after.started), "ended": optional_time_text(after.ended),
            "revision": after.revision, "token": token,
        }  # fmt: skip
        step_values = [_step_change(run.id, change.expect, step) for change, step in zip(steps, changed, strict=True)]
        event_values = _event_values(run.id, events)

        def work(connection: Connection) -> None:
            if connection.execute(_CHANGE_RUN, run_values).rowcount != 1:
                if connection.execute(_TOKEN, {"b_id": run.id}).scalar() == token:
                    return  # the commit took effect although its answer was lost
                raise ConflictError(f"cannot change run {run.id}: it was changed by another process")
            for step in step_values:
                if connection.execute(_CHANGE_STEP, step).rowcount != 1:
                    raise ConflictError(f"cannot change run {run.id}: step {step['b_name']} is not {step['b_state']}")
            if event_values:
                connection.execute(_INSERT_EVENT, event_values)
            if ledger:
                self._ledger(run.site).append_within(connection, ledger, actor=run.actor, run=run.id)

        self._connector.write(work)
        return after

    def request(self, run_id: str, what: str | None) -> None:
        """Ask a run that may be driven by another process to pause or abort; None takes the request back.

        Raises:
            RunUnknownError: there is no such run.
        """
        values = {"b_id": run_id, "requested": what}
        if self._connector.write(lambda connection: connection.execute(_REQUEST, values).rowcount) != 1:
            raise _unknown(run_id)

    def requested(self, run_id: str) -> str | None:
        """What was asked of the run, or None."""
        value: str | None = self._connector.read(lambda connection: connection.execute(_REQUESTED, {"b_id": run_id}).scalar())
        return value

    def events(self, run_id: str, after: int = 0) -> list[EventRecord]:
        """The events of a run that follow the one with seq `after`, in the order written."""
        values = {"b_run": run_id, "after": after}
        return self._connector.read(lambda connection: [_event(row) for row in connection.execute(_EVENTS, values)])

    def statements(self, run_id: str, step: str) -> StatementLog:
        """The SQL statements of a step."""
        return StatementLog(self._connector, run_id, step)


def _unknown(run_id: str) -> RunUnknownError:
    return RunUnknownError(f"there is no run {run_id}", next=["orchestrate runs    lists the runs of this site"])


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """The value as a later `load` gives it back."""
    return text_json(json_text(value))


def _changed(step: StepRecord, change: StepChange) -> StepRecord:
    names = ("state", "attempt", "summary", "started", "ended", "seconds")
    values: dict[str, Any] = {name: value for name in names if (value := getattr(change, name)) is not None}
    for name in ("intent", "facts", "error"):
        value = getattr(change, name)
        if value is UNSET or (value is None and name != "error"):
            continue
        values[name] = None if value is None else _plain(value)
    return replace(step, **values)


def _run_values(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id, "site": run.site, "workflow": run.workflow, "state": run.state, "position": run.position,
        "plan": json_text(run.plan), "options": json_text(run.options), "actor": json_text(run.actor), "reason": run.reason,
        "tool_version": run.tool_version, "created": time_text(run.created), "started": optional_time_text(run.started),
        "ended": optional_time_text(run.ended), "headline": optional_json_text(run.headline), "revision": run.revision,
    }  # fmt: skip


def _step_progress(step: StepRecord) -> dict[str, Any]:
    return {
        "state": step.state, "attempt": step.attempt, "intent": json_text(step.intent), "facts": json_text(step.facts),
        "summary": step.summary, "started": optional_time_text(step.started), "ended": optional_time_text(step.ended),
        "seconds": step.seconds, "error": optional_json_text(step.error),
    }  # fmt: skip


def _step_values(run_id: str, step: StepRecord) -> dict[str, Any]:
    return {"run": run_id, "name": step.name, "position": step.position, "title": step.title, **_step_progress(step)}


def _step_change(run_id: str, expect: str, step: StepRecord) -> dict[str, Any]:
    return {"b_run": run_id, "b_name": step.name, "b_state": expect, **_step_progress(step)}


def _event_values(run_id: str, drafts: Sequence[EventDraft]) -> list[dict[str, Any]]:
    return [
        {"run": run_id, "step": draft.step, "time": time_text(now()), "kind": draft.kind, "data": json_text(draft.data)}
        for draft in drafts
    ]


def _run(row: Row[Any], steps: tuple[StepRecord, ...]) -> RunRecord:
    values = row._asdict()
    for name in ("plan", "options", "actor"):
        values[name] = text_json(values[name])
    values["headline"] = optional_text_json(values["headline"])
    values["created"] = text_time(values["created"])
    for name in ("started", "ended"):
        values[name] = optional_text_time(values[name])
    return RunRecord(**values, steps=steps)


def _step(row: Row[Any]) -> StepRecord:
    return StepRecord(
        name=row.name, title=row.title, position=row.position, state=row.state, attempt=row.attempt,
        intent=text_json(row.intent), facts=text_json(row.facts), summary=row.summary,
        started=optional_text_time(row.started), ended=optional_text_time(row.ended), seconds=row.seconds,
        error=optional_text_json(row.error),
    )  # fmt: skip


def _event(row: Row[Any]) -> EventRecord:
    return EventRecord(row.seq, row.run, row.step, text_time(row.time), row.kind, text_json(row.data))
