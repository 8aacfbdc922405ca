"""Drives a run: intent before effect, result after, in the order of its workflow (DESIGN 3 and 4).

The engine is the only one that writes run state, always through `Journal.change`, one transaction per event. It knows
steps only by `workflows.model.step.Step`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from orchestrator.errors import system_key
from orchestrator.runs import checkpoints
from orchestrator.runs.context import StepContext
from orchestrator.runs.events import Bus, Event
from state.journal import EventDraft, Journal, RunRecord, StepChange, StepRecord
from state.ledger import EntryDraft, Ledger
from workflows.host import Host
from workflows.model.errors import WorkflowError
from workflows.model.machine import ENDED, RunState, StepState, WorkflowMachine
from workflows.model.step import Done, LedgerNote, PauseRequested, Probe, Step, Waiting, may_skip

STARTED = (StepState.DOING, StepState.DONE, StepState.FAILED, StepState.UNDOING)
BACKWARD = (RunState.UNDOING, RunState.UNDO_FAILED)
# where a run may lie for long: where its ledger ends is told elsewhere too
RESTS = {*ENDED, RunState.FAILED, RunState.UNDO_FAILED, RunState.PAUSED}
SKIPPED = "not wanted here"
POLL = 0.2  # seconds between two looks for a pause while a gate is shut


class Engine:
    """One run on one host."""

    def __init__(
        self,
        record: RunRecord,
        steps: Sequence[Step],
        *,
        host: Host,
        journal: Journal,
        ledger: Ledger,
        bus: Bus,
        pause_asked: Callable[[], bool] = lambda: False,
        wait: float | None = None,
    ) -> None:
        """Take up a run.

        Args:
            record: the run as persisted.
            steps: the workflow's steps as this version of the tool builds them from the run's pinned plan. The run is driven by
                its own, recorded ones: a step that came later is none of it.
            host: what the steps act on.
            journal: where state is kept.
            ledger: the site's ledger.
            bus: told of everything.
            pause_asked: asked between steps and at pause points.
            wait: seconds a gate may wait in this process; None for as long as it takes.

        Raises:
            WorkflowError: "step-unknown" when the run has steps that this version does not know; nothing was changed.
        """
        known = {step.name: step for step in steps}
        names = [step.name for step in record.steps]
        if unknown := [name for name in names if name not in known]:
            raise WorkflowError(
                f"run {record.id} has steps that this version of orchestrate does not know: {', '.join(unknown)}",
                key="step-unknown",
                unharmed=["nothing was changed"],
                next=[f"orchestrate run {record.id}    shows the version that began it ({record.tool_version}); go on with that"],
            )
        self.record = record
        self._steps = {name: known[name] for name in names}
        self._host = host
        self._journal = journal
        self._ledger = ledger
        self._bus = bus
        self._flag = pause_asked
        self._wait = wait
        self._clock = time.monotonic()
        self._machine = WorkflowMachine(
            names, _state_of(record), record.position,
            optional=[name for name, step in self._steps.items() if may_skip(step)], wanted=self._wanted, begun=self._begun,
        )  # fmt: skip

    # --- forward ------------------------------------------------------------------------------------------------------

    def run(self) -> RunRecord:
        """Drive the run until it ends, fails, waits too long or is paused; the record as it then stands."""
        if self._machine.run_state in BACKWARD:
            return self.undo()
        self._begin()
        while self._machine.run_state is RunState.RUNNING:
            asked = self._asked()
            if asked == "abort":
                return self.undo()
            if asked == "pause":
                self._halt()
                break
            step = self._steps[self._machine.state]
            if not self._skipped(step):
                self._one(step)
        return self.record

    def _begin(self) -> None:
        state = self._machine.run_state
        if state is RunState.PLANNED:
            self._machine.fire("start")
            asked = {name: self.record.plan.get(name) for name in ("source", "target")}
            begun = self._entry("run-started", {"workflow": self.record.workflow, **asked})
            self._change("run-started", ledger=[begun], started=_now())
        elif state is RunState.RUNNING:
            self._change("run-resumed", {"after": "crash"}, ledger=[self._entry("run-resumed")])
        elif state not in ENDED:
            self._machine.fire("resume")
            self._change("run-resumed", {"after": state.value}, ledger=[self._entry("run-resumed")], headline=None)

    def _wanted(self, name: str) -> bool:
        """The guard of a step that may be skipped. One that was begun is gone on with."""
        ctx = self._context(self._steps[name])
        return self.record.step(name).state != StepState.PENDING or self._steps[name].wanted(ctx)

    def _skipped(self, step: Step) -> bool:
        if not self._machine.skips():
            return False
        change = StepChange(step.name, expect=StepState.PENDING, state=StepState.SKIPPED, summary=SKIPPED, ended=_now())
        self._pass("step-skipped", {"title": step.title, "summary": SKIPPED}, step, change)
        return True

    def _one(self, step: Step) -> None:
        before = self.record.step(step.name)
        self._clock = time.monotonic()
        try:
            if (done := self._seen_complete(step, before)) is None:
                self._start_attempt(step, before)
                outcome = self._do(step)
                done = self._wait_at(step, outcome) if isinstance(outcome, Waiting) else outcome
            if done is not None:
                self._finish(step, done)
        except PauseRequested:
            self._halt()
        except WorkflowError as error:
            self._fail(step, error)
        except OSError as error:
            self._fail(step, _os_error(step, error))

    def _seen_complete(self, step: Step, before: StepRecord) -> Done | None:
        if before.state != StepState.DOING:
            return None
        ctx = self._context(step)
        found = step.probe(ctx)
        done = step.observed(ctx) if found is Probe.COMPLETE else None
        self.record = ctx.record
        return done

    def _start_attempt(self, step: Step, before: StepRecord) -> None:
        intent = before.intent
        if before.attempt == 0:
            ctx = self._context(step)
            intent = step.prepare(ctx)
            self.record = ctx.record
        change = StepChange(
            step.name,
            expect=before.state,
            state=StepState.DOING,
            attempt=before.attempt + 1,
            intent=intent,
            started=_now(),
            error=None,
        )
        self._change("step-started", {"title": step.title, "attempt": before.attempt + 1}, step=step, steps=[change])

    def _do(self, step: Step) -> Done | Waiting:
        ctx = self._context(step)
        try:
            return step.do(ctx)
        finally:
            self.record = ctx.record

    def _finish(self, step: Step, done: Done) -> None:
        seconds = time.monotonic() - self._clock
        self._machine.fire("step_done")
        change = StepChange(
            step.name,
            expect=StepState.DOING,
            state=StepState.DONE,
            facts=done.facts,
            summary=done.summary,
            ended=_now(),
            seconds=seconds,
        )
        data = {"title": step.title, "summary": done.summary, "seconds": seconds}
        self._pass("step-done", data, step, change, [self._note(note) for note in done.ledger])

    def _pass(
        self, kind: str, data: Mapping[str, Any], step: Step, change: StepChange, ledger: Sequence[EntryDraft] = ()
    ) -> None:
        """The machine has left a step behind: write it, and the end of the run when that was the last one."""
        last = self._last_entry()
        extra: dict[str, Any] = {"ended": _now()} if last else {}
        if kind != "step-undone":
            extra["headline"] = None
        self._change(
            kind, data, step=step, steps=[change], ledger=[*ledger, *([last] if last else [])],
            events=[EventDraft(last.kind)] if last else [], **extra,
        )  # fmt: skip
        if last:
            self._publish(last.kind, None, {})

    def _last_entry(self) -> EntryDraft | None:
        """What the ledger keeps of a run's end; None while it has not come to one."""
        state = self._machine.run_state
        if state is RunState.COMPLETED:
            return self._entry("run-completed")
        return self._entry("run-undone") if state is RunState.UNDONE else None

    def _fail(self, step: Step, error: WorkflowError) -> None:
        self._machine.fire("step_failed")
        report = self._report(step, error)
        change = StepChange(
            step.name, expect=self.record.step(step.name).state, state=StepState.FAILED, ended=_now(), error=report
        )
        self._change(
            "step-failed", report, step=step, steps=[change], headline=self.record.headline or {**report, "step": step.name},
            ledger=[self._entry("run-failed", {"step": step.name, "key": error.error_key})],
        )  # fmt: skip
        self._publish("run-failed", step.name, report)

    def _report(self, step: Step, error: WorkflowError) -> dict[str, Any]:
        """The error as it is kept; the step says what is unharmed, when the error does not."""
        report = error.as_dict()
        return {**report, "unharmed": report["unharmed"] or list(step.unharmed(self._context(step)))}

    # --- waiting and pausing ------------------------------------------------------------------------------------------

    def _wait_at(self, step: Step, shut: Waiting) -> Done | None:
        """Ask the gate again and again; None when the run was left waiting, or paused, before it opened."""
        outcome: Done | Waiting = shut
        said = None
        self._machine.fire("wait")
        while isinstance(outcome, Waiting):
            if outcome.reason != said:
                said = outcome.reason
                self._change("step-waiting", {"reason": said, **outcome.facts}, step=step)
            if not self._sleep(outcome.again_in):
                return None
            outcome = self._do(step)
        self._machine.fire("gate_opened")
        self._change("gate-opened", step=step)
        return outcome

    def _sleep(self, seconds: float) -> bool:
        """Let a gate's time pass; False when it is not to be asked again by this process."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            asked = self._asked()
            if asked is not None:
                self.undo() if asked == "abort" else self._halt()
                return False
            if self._wait is not None and time.monotonic() - self._clock >= self._wait:
                return False
            time.sleep(min(POLL, seconds))
        return True

    def _halt(self) -> None:
        self._machine.fire("pause")
        self._journal.request(self.record.id, None)
        self._change("run-paused", ledger=[self._entry("run-paused")])

    def _asked(self) -> str | None:
        """What the admin has asked for, here or from another process: "pause", "abort" or None."""
        return "pause" if self._flag() else self._journal.requested(self.record.id)

    # --- backward -----------------------------------------------------------------------------------------------------

    def undo(self) -> RunRecord:
        """Take back every step that was begun, last one first; may itself be cut off and run again."""
        self._journal.request(self.record.id, None)
        if self._machine.run_state is not RunState.UNDOING:
            self._machine.fire("undo")
            self._change("run-undoing")
        while self._machine.run_state is RunState.UNDOING:
            step = self._steps[str(self._machine.position)]
            if self._machine.fire("undo_skipped"):
                continue
            try:
                self._undo_one(step)
            except (WorkflowError, OSError) as raised:
                self._undo_fails(step, raised if isinstance(raised, WorkflowError) else _os_error(step, raised))
        if self._machine.run_state is RunState.UNDONE and self.record.state != RunState.UNDONE:
            self._change("run-undone", ledger=[self._entry("run-undone")], ended=_now())  # nothing of it was ever begun
        return self.record

    def _begun(self, name: str) -> bool:
        """The guard of the way back."""
        return self.record.step(name).state in STARTED

    def _undo_one(self, step: Step) -> None:
        before = self.record.step(step.name)
        if before.state != StepState.UNDOING:
            change = StepChange(step.name, expect=before.state, state=StepState.UNDOING)
            self._change("step-undoing", {"title": step.title}, step=step, steps=[change])
        ctx = self._context(step)
        try:
            notes = step.undo(ctx)
        finally:
            self.record = ctx.record
        self._machine.fire("step_undone")
        change = StepChange(step.name, expect=StepState.UNDOING, state=StepState.UNDONE, ended=_now())
        self._pass("step-undone", {"title": step.title}, step, change, [self._note(note) for note in notes])

    def _undo_fails(self, step: Step, error: WorkflowError) -> None:
        self._machine.fire("undo_failed")
        report = self._report(step, error)
        failed = self._entry("run-failed", {"step": step.name, "key": error.error_key, "undoing": True})
        headline = self.record.headline or {**report, "step": step.name}
        self._change("step-failed", report, step=step, headline=headline, ledger=[failed])

    # --- the one way to write -----------------------------------------------------------------------------------------

    def _change(
        self,
        kind: str | None,
        data: Mapping[str, Any] | None = None,
        *,
        step: Step | None = None,
        steps: Sequence[StepChange] = (),
        ledger: Sequence[EntryDraft] = (),
        events: Sequence[EventDraft] = (),
        **run: Any,
    ) -> None:
        name = step.name if step else None
        first = [EventDraft(kind, name, dict(data or {}))] if kind else []
        self.record = self._journal.change(
            self.record, state=self._machine.run_state.value, position=self._machine.position, steps=steps,
            events=[*first, *events], ledger=ledger, **run,
        )  # fmt: skip
        if self._machine.run_state in RESTS:
            checkpoints.announce(self._ledger, self.record.id)
        if kind:
            self._publish(kind, name, data or {})

    def _publish(self, kind: str, step: str | None, data: Mapping[str, Any]) -> None:
        self._bus.publish(Event(_now(), self.record.id, kind, step, data))

    def _entry(self, kind: str, evidence: Mapping[str, Any] | None = None) -> EntryDraft:
        return EntryDraft(kind, evidence=dict(evidence or {"workflow": self.record.workflow}), run=self.record.id)

    def _note(self, note: LedgerNote) -> EntryDraft:
        return EntryDraft(note.kind, note.component, note.from_version, note.to_version, dict(note.evidence), self.record.id)

    def _context(self, step: Step) -> StepContext:
        return StepContext(
            record=self.record, step=step.name, host=self._host, journal=self._journal, ledger=self._ledger,
            publish=self._publish, pause_asked=lambda: self._asked() is not None,
        )  # fmt: skip


def _state_of(record: RunRecord) -> RunState:
    """Where the run stands. Version 0.1.0 called one failed whose undo had failed."""
    began = any(step.state in {StepState.UNDOING, StepState.UNDONE} for step in record.steps)
    return RunState.UNDO_FAILED if record.state == RunState.FAILED and began else RunState(record.state)


def _now() -> datetime:
    return datetime.now(UTC)


def _os_error(step: Step, error: OSError) -> WorkflowError:
    return WorkflowError(f"{step.title}: {error}", key=system_key(error))
