"""What the engine gives a step while it runs (workflows.model.step.Context)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.runs import checkpoints
from state.journal import EventDraft, Journal, RunRecord, StepChange
from state.ledger import Ledger
from state.statements import StatementLog, StatementRow
from workflows.host import Host
from workflows.model.machine import StepState
from workflows.model.step import Facts, PauseRequested, StatementRecord, StatementState


class Statements:
    """The SQL journal of one step, in the words of workflows/."""

    def __init__(self, log: StatementLog) -> None:
        self._log = log

    def records(self) -> Sequence[StatementRecord]:
        """All records of this step."""
        return [
            StatementRecord(
                row.file, row.position, row.digest, StatementState(row.state), row.fingerprint, row.session, row.error
            )
            for row in self._log.records()
        ]

    def write(self, *records: StatementRecord) -> None:
        """Insert or replace in one durable transaction."""
        self._log.write(
            *(StatementRow(r.file, r.position, r.digest, r.state.value, r.fingerprint, dict(r.session), r.error) for r in records)
        )

    def forget(self) -> None:
        """Forget all of this step."""
        self._log.forget()


class StepContext:
    """One attempt at one step. It alone holds the run's record while the step runs, and gives it back to the engine."""

    def __init__(
        self,
        *,
        record: RunRecord,
        step: str,
        host: Host,
        journal: Journal,
        ledger: Ledger,
        publish: Callable[[str, str, Mapping[str, Any]], None],
        pause_asked: Callable[[], bool],
    ) -> None:
        self.record = record
        self.step = step
        self.host = host
        self.statements = Statements(journal.statements(record.id, step))
        self._journal = journal
        self._ledger = ledger
        self._publish = publish
        self._pause_asked = pause_asked

    @property
    def run(self) -> str:
        """The run's id."""
        return self.record.id

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        return self.record.step(self.step).attempt

    @property
    def intent(self) -> Facts:
        """What `prepare` saw, and what was remembered since."""
        return self.record.step(self.step).intent

    @property
    def checkpoint(self) -> Facts:
        """The ledger's head."""
        head = self._ledger.head()
        return {} if head is None else checkpoints.facts(self._ledger.site, head)

    def facts_of(self, step: str) -> Facts:
        """The facts of a step of this run that is done."""
        return next((s.facts for s in self.record.steps if s.name == step), {})

    def intent_of(self, step: str) -> Facts:
        """What that step's `prepare` saw."""
        return next((s.intent for s in self.record.steps if s.name == step), {})

    def pinned_digest(self, package: str) -> str | None:
        """The SHA-256 the ledger trusts for that package file."""
        return self._ledger.pinned_digest(package)

    def remember(self, **facts: Any) -> None:
        """Merge into the intent, durably."""
        step = self.record.step(self.step)
        change = StepChange(self.step, expect=step.state, intent={**step.intent, **facts})
        self.record = self._journal.change(self.record, steps=[change])

    def report(self, message: str, done: int | None = None, total: int | None = None) -> None:
        """Tell the displays; not persisted."""
        self._publish("step-progress", self.step, {"message": message, "done": done, "total": total})

    def note(self, message: str, **facts: Any) -> None:
        """Persist an event worth keeping."""
        data = {"message": message, **facts}
        self.record = self._journal.change(self.record, events=[EventDraft("note", self.step, data)])
        self._publish("note", self.step, data)

    def pause_point(self) -> None:
        """Leave here when a pause was asked for; never while a step is being undone."""
        if self.record.step(self.step).state == StepState.DOING and self._pause_asked():
            raise PauseRequested
