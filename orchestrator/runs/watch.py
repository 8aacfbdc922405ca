"""Follow a run that another process drives, from what it has written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator.display.base import Display
from orchestrator.runs.events import Event
from workflows.model.errors import UsageError
from workflows.model.machine import ENDED, RunState

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.journal import EventRecord, RunRecord

POLL_SECONDS = 0.5
_GOING = {RunState.PLANNED, RunState.RUNNING, RunState.WAITING, RunState.UNDOING}


def events_of(site: Site, run_id: str) -> list[Event]:
    """Everything that is remembered of a run, in its order."""
    return [_event(record) for record in site.store.journal.events(run_id)]


def watch(site: Site, run_id: str | None, display: Display, *, poll: float = POLL_SECONDS) -> RunRecord:
    """Show a run's events until nobody drives it any more, or until Ctrl-C, which leaves the run alone.

    Args:
        site: the site, opened for reading.
        run_id: the run; the one that is open when None.
        display: where the events go.
        poll: seconds between two looks.

    Raises:
        UsageError: "no-open-run".
        StateError: "run-unknown".
    """
    journal = site.store.journal
    run = _open_run(site) if run_id is None else journal.load(run_id.upper())
    display.run_begins(run, watched=True)
    try:
        seen = max((record.seq for record in journal.events(run.id)), default=0)
        while is_driven(site, run):
            time.sleep(poll)
            for record in journal.events(run.id, seen):
                seen = record.seq
                display.event(_event(record))
            run = journal.load(run.id)
        for record in journal.events(run.id, seen):
            display.event(_event(record))
        run = journal.load(run.id)
    except KeyboardInterrupt:
        run = journal.load(run.id)
    finally:
        display.run_ends(run)
    return run


def newest(site: Site) -> RunRecord:
    """The run that began last.

    Raises:
        UsageError: "no-run".
    """
    runs = site.store.journal.runs(site.key, 1)
    if not runs:
        raise UsageError("there was no run yet", key="no-run", next=["orchestrate plan --to VERSION    what an upgrade would do"])
    return site.store.journal.load(runs[0].id)


def is_driven(site: Site, run: RunRecord) -> bool:
    """Whether a live process drives it: a state alone may be that of a process that was killed."""
    return RunState(run.state) in _GOING and site.lease.holder() is not None


def _open_run(site: Site) -> RunRecord:
    run = site.store.journal.open_run(site.key, {state.value for state in ENDED})
    if run is None:
        raise UsageError("no run is open", key="no-open-run", next=["orchestrate runs    the runs so far"])
    return run


def _event(record: EventRecord) -> Event:
    return Event(record.time, record.run, record.kind, record.step, record.data)
