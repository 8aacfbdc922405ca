"""Of the two mail servers only the one that was chosen runs (guide 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mta-other-active", "no other mail server is active", "two cannot share port 25 and the queue", "guide 4.2, 4.3", order=110
)


def check(ground: Ground) -> Iterator[Finding]:
    """By its processes."""
    if not ground.host.units.available():
        return  # `systemd` says so
    mta = ground.plan.answers.mta
    other = ground.host.mail.server(mta.other)
    if pids := other.processes():
        fix = f"systemctl disable --now {other.units[0]}    when mailq is empty; where OpenEMM runs, orchestrate mta switch {mta}"
        yield SUBJECT.stops(f"{other.mta.label} runs (process {pids[0]}), and {mta.label} was chosen", fix)
    else:
        yield SUBJECT.fine("yes")
