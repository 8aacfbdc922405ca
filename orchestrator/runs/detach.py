"""Hand a run to a transient systemd unit, so that it outlives the session that began it (DESIGN 4)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.command import run
from orchestrator.hosts.units.openemm import DATABASES, ORDERED, SESSIONS, SYSTEMD, UNIT, version
from orchestrator.settings import PREFIX, SITE_FILE
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.machine import RunState

if TYPE_CHECKING:
    from orchestrator.runs.site import Site

STARTS = 3  # within STARTS_SECONDS; what is killed again and again is left for a person
STARTS_SECONDS = 600
BEGIN_SECONDS = 30.0
SECRET = f"{PREFIX}STATE_URL"
STOP_SECONDS = 300  # to come to the next safe place; then it is killed, which `resume` mends
BEHIND = (UNIT, SESSIONS, *DATABASES)  # stopped at a shutdown only after the run has paused


def unit_name(run_id: str) -> str:
    """The unit that drives a run."""
    return f"orchestrate-{run_id.lower()}.service"


def refuse_unless_possible() -> None:
    """Raise when there is no systemd to hand a run to, or one that is too old; or a secret that everybody could read in a unit.

    Raises:
        UsageError: "detach-unavailable" or "detach-secret"; nothing was changed.
    """
    why = None
    if not SYSTEMD.is_dir():
        why = "this host was not booted with systemd"
    elif version() < ORDERED:
        why = f"systemd is older than {ORDERED}"
    if why:
        raise UsageError(
            f"cannot detach: {why}",
            key="detach-unavailable",
            next=["the same command without --detach    inside tmux or screen; a lost terminal does not stop it either"],
        )
    if SECRET in os.environ:
        raise UsageError(
            f"cannot detach: {SECRET} may hold a password, and a unit's environment is readable by all",
            key="detach-secret",
            next=[f"state_url in {SITE_FILE}    instead; only root needs to read that"],
        )


def resume_detached(site: Site, run_id: str, path: str | None) -> str:
    """Start a unit that drives the run, and see it begin; its name.

    A run whose process is killed goes on by itself; one that failed, waits or was paused is left for a person. A shutdown, or
    `systemctl stop`, asks the run alone to pause, not the programs that its step has started.

    Args:
        site: the site, opened for reading.
        run_id: a run that was created and that nobody has driven.
        path: what --site says; None for what else names the site. The environment's settings go with the run.

    Raises:
        CommandError: systemd refused the unit.
        WorkflowError: "detach-not-begun".
    """
    unit = unit_name(run_id)
    settings = {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name != SECRET}
    if path:
        settings[f"{PREFIX}SITE"] = str(Path(path).absolute())
    properties = {
        "Restart": "on-abnormal",
        "RestartSec": "1",
        "StartLimitBurst": STARTS,
        "StartLimitIntervalSec": STARTS_SECONDS,
        "KillSignal": "SIGINT",
        "KillMode": "mixed",
        "TimeoutStopSec": STOP_SECONDS,
        "SuccessExitStatus": "4",  # waits, or was paused
        "After": " ".join(BEHIND),
        "StandardOutput": "null",  # the journal has it event by event
    }
    run(
        [
            "systemd-run", f"--unit={unit}", "--collect", "--quiet", "--same-dir", f"--description=OpenEMM run {run_id}",
            *(f"--property={name}={value}" for name, value in properties.items()),
            *(f"--setenv={name}={value}" for name, value in settings.items()), program(), "resume", run_id,
        ],
        timeout=30,
    )  # fmt: skip
    _see_begin(site, run_id, unit)
    return unit


def _see_begin(site: Site, run_id: str, unit: str) -> None:
    deadline = time.monotonic() + BEGIN_SECONDS
    while site.store.journal.load(run_id).state == RunState.PLANNED:
        if time.monotonic() >= deadline:
            raise WorkflowError(
                f"run {run_id} was handed to {unit}, which has not begun it within {BEGIN_SECONDS:.0f} s",
                key="detach-not-begun", unharmed=["everything; the run has not begun"],
                next=[f"journalctl -u {unit}    why", f"orchestrate resume {run_id}    drives it here"],
            )  # fmt: skip
        time.sleep(0.1)


def program() -> str:
    """The absolute path of this tool's command."""
    beside = Path(sys.executable).with_name("orchestrate")
    return str(beside) if os.access(beside, os.X_OK) else str(Path(sys.argv[0]).absolute())
