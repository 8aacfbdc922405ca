"""Hand a run to a transient systemd unit, so that it outlives the session that began it (DESIGN 4)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestrator.hosts.command import run
from orchestrator.hosts.unit import DATABASES, ORDERED, SESSIONS, SYSTEMD, UNIT, version
from workflows.errors import UsageError

STARTS = 3  # within STARTS_SECONDS; what is killed again and again is left for a person
STARTS_SECONDS = 600
STOP_SECONDS = 300  # to come to the next safe place; then it is killed, which `resume` mends
BEHIND = (UNIT, SESSIONS, *DATABASES)  # stopped at a shutdown only after the run has paused


def unit_name(run_id: str) -> str:
    """The unit that drives a run."""
    return f"orchestrate-{run_id.lower()}.service"


def refuse_without_systemd() -> None:
    """Raise when there is no systemd to hand a run to, or one that is too old.

    Raises:
        UsageError: "detach-unavailable"; nothing was changed.
    """
    booted = SYSTEMD.is_dir()
    if not booted or version() < ORDERED:
        raise UsageError(
            f"cannot detach: {f'systemd is older than {ORDERED}' if booted else 'this host was not booted with systemd'}",
            key="detach-unavailable",
            next=["the same command without --detach    inside tmux or screen; a lost terminal does not stop it either"],
        )


def resume_detached(run_id: str, site: str | None) -> str:
    """Start a unit that drives the run; its name.

    A run whose process is killed goes on by itself; one that failed, waits or was paused is left for a person. A shutdown, or
    `systemctl stop`, asks the run alone to pause, not the programs that its step has started.

    Args:
        run_id: a run that was created and that nobody drives.
        site: what --site or ORCHESTRATE_SITE says; None for the host's own site file.

    Raises:
        CommandError: systemd refused the unit.
    """
    unit = unit_name(run_id)
    environment = [f"--setenv=ORCHESTRATE_SITE={Path(site).absolute()}"] if site else []
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
            "systemd-run", f"--unit={unit}", "--collect", "--quiet", f"--description=OpenEMM run {run_id}",
            *(f"--property={name}={value}" for name, value in properties.items()), *environment, program(), "resume", run_id,
        ],
        timeout=30,
    )  # fmt: skip
    return unit


def program() -> str:
    """The absolute path of this tool's command."""
    beside = Path(sys.executable).with_name("orchestrate")
    return str(beside) if os.access(beside, os.X_OK) else str(Path(sys.argv[0]).absolute())
