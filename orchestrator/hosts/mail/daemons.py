"""The daemons of a mail server, started and stopped by their units, and told by their processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from workflows.host.units import Units
from workflows.model.errors import WorkflowError

POLL_SECONDS = 0.1


def start(units: Units, names: Sequence[str]) -> None:
    """Enable and start the units that there are."""
    for name in names:
        if units.state(name).exists:
            units.enable(name)
            units.start(name)


def stop(units: Units, names: Sequence[str], pids: Callable[[], Sequence[int]], title: str, seconds: float) -> None:
    """Stop the units that there are, and see the processes gone.

    Raises:
        WorkflowError: "mta-still-running"; nothing is killed.
    """
    for name in names:
        if units.state(name).exists:
            units.stop(name)
    deadline = time.monotonic() + seconds
    while left := pids():
        if time.monotonic() >= deadline:
            raise WorkflowError(
                f"{title} still runs {seconds:.0f} s after it was told to stop: process {', '.join(map(str, left))}",
                key="mta-still-running",
                unharmed=["its queue; nothing was killed"],
                next=[f"ps -fp {','.join(map(str, left))}    what it does", "orchestrate resume    once it is gone"],
            )
        time.sleep(POLL_SECONDS)
