"""What a host tells of a run beyond the terminal: the system's journal, line by line, and whoever logs in while it is open."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.display.pages.runs import title
from orchestrator.display.sentences import sentence
from orchestrator.hosts.system import journald, motd
from orchestrator.runs.events import Event, Kind, Subscriber
from orchestrator.settings import load
from orchestrator.views.runs import Run
from workflows.model.errors import UsageError
from workflows.model.machine import ENDED

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from state.journal import RunRecord

_FAILURES = (Kind.STEP_FAILED, Kind.RUN_FAILED)


def to_journald(site: str) -> Subscriber:
    """A subscriber that tells the system's journal what is persisted of a run; `journalctl RUN=2M9D` shows it.

    Never a reason for a run to fail: a host without the journal, or with a full one, goes without.
    """

    def tell(event: Event) -> None:
        if event.kind == Kind.STEP_PROGRESS:
            return
        fields = {"SITE": site, "RUN": event.run, "KIND": str(event.kind)}
        if event.step:
            fields["STEP"] = event.step
        if event.kind in _FAILURES:
            fields |= {"PRIORITY": journald.ERROR, "KEY": str(event.data.get("key", ""))}
        said = " ".join(sentence(event).split())
        of_run = said.startswith("run ")
        journald.send(f"run {event.run} {said[4:]}" if of_run else f"run {event.run}: {said}", fields)

    return tell


def at_login(settings: Settings, run: RunRecord) -> None:
    """Say at every login that the run is open, and take that back once it has ended.

    Only for the site that commands without --site find: a sandbox on this host is nobody's concern.
    """
    if os.geteuid() != 0 or not _is_this_host(settings):
        return
    lines = [
        f"OpenEMM: run {run.id} ({title(Run.of(run))}) has not ended.",
        "  orchestrate status         how it stands",
        f"  orchestrate resume {run.id}    go on with it; while a process drives it, orchestrate watch",
    ]
    with suppress(OSError):  # a read-only /etc is told by what matters
        if run.state in {state.value for state in ENDED}:
            motd.remove()
        else:
            motd.write(lines)


def _is_this_host(settings: Settings) -> bool:
    try:
        return load(None, {}).state == settings.state
    except UsageError:
        return False
