"""Start, resume, pause and abort runs: the lease, the journal's entry and the engine put together."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from orchestrator.hosts.database.dbcfg import DbcfgError
from orchestrator.hosts.database.pinned import named, pinned
from orchestrator.plans.workflows import Plan, plan_of, plan_to_json, steps_of
from orchestrator.runs.announce import at_login, to_journald
from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus, Event
from orchestrator.runs.signals import pausable
from orchestrator.runs.site import Site
from orchestrator.tool import TOOL_VERSION
from orchestrator.views.checks import run_checks
from state.errors import LeaseHeldError
from state.journal import RunRecord
from workflows.convert import ConversionPlan
from workflows.model.errors import RefusedError, UsageError, WorkflowError
from workflows.model.finding import Finding, Severity
from workflows.model.machine import ENDED, RunState, StepState
from workflows.model.machine import diagram as machine_diagram
from workflows.model.moves import MovePlan
from workflows.model.parts import BACKEND, VERIFY, part_of, stops_mail
from workflows.model.plans import UpgradePlan
from workflows.model.step import Step, may_skip

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, O, 1, I: ids are read aloud at night
EXIT = {RunState.COMPLETED: 0, RunState.PAUSED: 4, RunState.WAITING: 4, RunState.FAILED: 1, RunState.UNDO_FAILED: 1}


class Display(Protocol):
    """What a run tells of itself while it goes on."""

    def run_begins(self, run: RunRecord) -> None:
        """The run is about to be driven."""

    def event(self, event: Event) -> None:
        """Something happened."""

    def run_ends(self, run: RunRecord) -> None:
        """The run is no longer driven by this process."""


def start_upgrade(site: Site, plan: UpgradePlan, *, reason: str | None, on_failure: str, display: Display | None) -> RunRecord:
    """Check, then create the run and drive it; without a display it is left for another process, whose `resume` begins it.

    Raises:
        RefusedError: "run-open" or "checks-failed"; nothing was changed.
        StateError: "run-in-progress" when another process drives a run of this site.
    """
    return _start(
        site, "upgrade", plan, reason=reason, on_failure=on_failure, display=display, check=lambda: refuse_inhibited(site, plan)
    )


def start_restart(site: Site, plan: UpgradePlan, *, reason: str | None, display: Display) -> RunRecord:
    """Restart what is active, behind the gate and with the proof."""
    return _start(site, "restart", plan, reason=reason, on_failure="stop", display=display)


def start_conversion(site: Site, plan: ConversionPlan, *, reason: str | None, display: Display) -> RunRecord:
    """Convert the tables: its planning has looked at all that would stop it.

    Raises:
        RefusedError: "run-open".
        StateError: "run-in-progress".
    """
    return _start(site, "convert", plan, reason=reason, on_failure="stop", display=display)


def start_move(
    site: Site, workflow: str, plan: MovePlan, *, reason: str | None, on_failure: str = "stop", display: Display | None
) -> RunRecord:
    """Start a switch, a rollback or a restore: its planning has looked at all that would stop it. display: as `start_upgrade`.

    Raises:
        RefusedError: "run-open", or "plan-outdated" when what is active has changed since; nothing was changed.
        StateError: "run-in-progress".
    """

    def still_so() -> None:
        active = {component.value: version for component, version in site.host.home.active().items()}
        if active != dict(plan.before):
            raise RefusedError(
                "what is active has changed since the plan was made",
                key="plan-outdated", unharmed=["nothing was changed"], next=["orchestrate status", "the same command again"],
            )  # fmt: skip

    return _start(site, workflow, plan, reason=reason, on_failure=on_failure, display=display, check=still_so)


def start_checked(
    site: Site, workflow: str, plan: Plan, *, reason: str | None, on_failure: str, display: Display | None,
    check: Callable[[], None],
) -> RunRecord:  # fmt: skip
    """Start a run of a workflow that has checks of its own; `check` raises when one stops it. display: as `start_upgrade`.

    Raises:
        RefusedError: "run-open", or what `check` raises; nothing was changed.
        StateError: "run-in-progress".
    """
    return _start(site, workflow, plan, reason=reason, on_failure=on_failure, display=display, check=check)


def _start(
    site: Site, workflow: str, plan: Plan, *, reason: str | None, on_failure: str, display: Display | None,
    check: Callable[[], None] = lambda: None,
) -> RunRecord:  # fmt: skip
    steps = steps_of(workflow, plan)
    with site.lease.acquire(None, workflow):
        record = _create(site, workflow, plan, steps, reason=reason, on_failure=on_failure, check=check)
        if display is not None:
            return _drive(site, record, steps, plan, display)
    at_login(site.settings, record)
    return record


def _create(
    site: Site, workflow: str, plan: Plan, steps: list[Step], *, reason: str | None, on_failure: str, check: Callable[[], None]
) -> RunRecord:
    refuse_open_run(site)
    check()
    return site.store.journal.create(
        run_id=_new_id(site), site=site.key, workflow=workflow, plan=plan_to_json(plan),
        options={"on_failure": on_failure, **_pins(site, workflow)}, actor={**site.actor, "reason": reason}, reason=reason,
        tool_version=TOOL_VERSION, steps=[(step.name, step.title) for step in steps],
    )  # fmt: skip


def _pins(site: Site, workflow: str) -> dict[str, Any]:
    """The database that the run is about, whatever dbcfg says later; none where there is no telling: the checks have said so."""
    if workflow == "install":
        return {}
    with suppress(DbcfgError):
        return {"database": dict(named(site.settings))}
    return {}


def refuse_open_run(site: Site, *, unless: Callable[[RunRecord], bool] = lambda _: False) -> None:
    """Raise while a run of the site has not ended: what it proves and puts back must not be changed behind it.

    unless: whether that run bears what is to be done.

    Raises:
        RefusedError: "run-open".
    """
    open_run = site.store.journal.open_run(site.key, {state.value for state in ENDED})
    if open_run is not None and not unless(site.store.journal.load(open_run.id)):
        raise RefusedError(
            f"run {open_run.id} ({open_run.workflow}) is {open_run.state}; one run at a time",
            key="run-open",
            next=[f"orchestrate resume {open_run.id}    go on with it", f"orchestrate abort {open_run.id}    take it back"],
        )


def refuse_inhibited(site: Site, plan: UpgradePlan) -> None:
    """Raise when a check inhibits the plan.

    Raises:
        RefusedError: "checks-failed", naming every inhibitor with its fix.
    """
    refuse(run_checks(site, plan), f"orchestrate check --to {plan.target}    all checks, after mending")


def refuse(findings: Sequence[Finding], look: str) -> None:
    """Raise when one of the findings is an inhibitor; look: the command that shows what was looked at.

    Raises:
        RefusedError: "checks-failed", or the key of the only one.
    """
    stops = [finding for finding in findings if finding.severity is Severity.INHIBITOR]
    if not stops:
        return
    detail = [line for f in stops for line in (f"{f.key}: {f.measured}", *([f"  fix: {f.fix}"] if f.fix else []))]
    raise RefusedError(
        f"{stops[0].measured}" if len(stops) == 1 else f"{len(stops)} checks stop the run",
        key=stops[0].key if len(stops) == 1 else "checks-failed",
        detail=detail, unharmed=["everything; nothing was changed"], next=[look],
    )  # fmt: skip


def resume(site: Site, run_id: str | None, *, display: Display, wait: float | None = None) -> RunRecord:
    """Go on with a run where it stands; never refused because of a dead owner.

    Raises:
        UsageError: "run-ended", "no-open-run".
        WorkflowError: "run-newer" when a newer version of this tool began it; "step-unknown".
    """
    record = _find(site, run_id)
    with site.lease.acquire(record.id, "resume"):
        record = site.store.journal.load(record.id)
        plan, steps = _workflow_of(site, record)
        return _drive(site, record, steps, plan, display, wait=wait)


def request_pause(site: Site, run_id: str | None) -> RunRecord:
    """Ask whoever drives the run to pause it safely.

    Raises:
        UsageError: "run-not-driven" when nobody drives it.
    """
    record = _find(site, run_id)
    if site.lease.holder() is None:
        raise UsageError(
            f"run {record.id} is {record.state}, and no process drives it",
            key="run-not-driven", next=[f"orchestrate resume {record.id}    go on with it"],
        )  # fmt: skip
    site.store.journal.request(record.id, "pause")
    return record


def abort(site: Site, run_id: str | None, *, display: Display) -> RunRecord:
    """Take the run back: ask the process that drives it, or do it here when nobody does.

    Raises:
        UsageError: "run-ended", "no-open-run".
    """
    record = _find(site, run_id)
    try:
        with site.lease.acquire(record.id, "abort"):
            record = site.store.journal.load(record.id)
            plan, steps = _workflow_of(site, record)
            return _drive(site, record, steps, plan, display, undo=True)
    except LeaseHeldError:
        site.store.journal.request(record.id, "abort")
        return record


def exit_code(run: RunRecord) -> int:
    """DESIGN 6: 0 done, 1 failed, 4 waiting or paused; undone is 0 when it was asked for, 1 when a failure led to it."""
    if run.state == RunState.UNDONE:
        return 1 if run.headline else 0
    return EXIT.get(RunState(run.state), 1)


def diagram(workflow: str, plan: Plan) -> str:
    """The machine of a workflow's run as Mermaid."""
    steps = steps_of(workflow, plan)
    return machine_diagram(workflow, [step.name for step in steps], [step.name for step in steps if may_skip(step)])


def downtime(run: RunRecord) -> float | None:
    """Seconds from the first stop to the last start of the run; None while that is not known."""
    begins = [step.started for step in run.steps if stops_mail(step.name) and step.started and step.state == StepState.DONE]
    ends = [step.ended for step in run.steps if part_of(step.name) in (BACKEND, VERIFY) and step.ended]
    if not begins or not ends or run.state != RunState.COMPLETED:
        return None
    return (max(ends) - min(begins)).total_seconds()


def _drive(
    site: Site, record: RunRecord, steps: list[Step], plan: Plan, display: Display, *, undo: bool = False,
    wait: float | None = None,
) -> RunRecord:  # fmt: skip
    bus = Bus(to_journald(site.key), display.event)
    at_login(site.settings, record)
    display.run_begins(record)
    with pausable() as flag, pinned(site.settings, record.options.get("database")):
        engine = Engine(
            record, steps, host=site.host, journal=site.store.journal, ledger=site.ledger, bus=bus,
            pause_asked=lambda: bool(flag), wait=wait if wait is not None else plan.gate.wait,
        )  # fmt: skip
        record = engine.undo() if undo else engine.run()
        left = undo or bool(flag)  # asked to stop, as by a shutdown, which itself may be why a step failed
        if record.state == RunState.FAILED and record.options.get("on_failure") == "undo" and not left:
            record = engine.undo()
    at_login(site.settings, record)
    display.run_ends(record)
    return record


def _workflow_of(site: Site, record: RunRecord) -> tuple[Plan, list[Step]]:
    if _number(record.tool_version) > _number(TOOL_VERSION):
        raise WorkflowError(
            f"run {record.id} was begun by orchestrate {record.tool_version}; this is {TOOL_VERSION}",
            key="run-newer", next=[f"install orchestrate {record.tool_version} or later, then: orchestrate resume {record.id}"],
        )  # fmt: skip
    plan = plan_of(site, record)
    return plan, steps_of(record.workflow, plan)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _find(site: Site, run_id: str | None) -> RunRecord:
    journal = site.store.journal
    if run_id is None:
        found = journal.open_run(site.key, {state.value for state in ENDED})
        if found is None:
            raise UsageError("no run is open", key="no-open-run", next=["orchestrate runs    the runs so far"])
        return journal.load(found.id)
    record = journal.load(run_id.upper())
    if record.state in {state.value for state in ENDED}:
        raise UsageError(
            f"run {record.id} is {record.state}", key="run-ended", next=[f"orchestrate run {record.id}    what it did"]
        )
    return record


def _new_id(site: Site) -> str:
    taken = {run.id for run in site.store.journal.runs(site.key)}
    while (run_id := "".join(secrets.choice(ALPHABET) for _ in range(4))) in taken:
        pass
    return run_id
