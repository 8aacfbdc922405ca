"""OpenEMM's jobs, as its own status screen looks at them (facts 10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

LATE, LONG = timedelta(minutes=15), timedelta(hours=5)
SHOWN = 3
SUBJECT = Subject(
    "job-queue",
    "OpenEMM's jobs run",
    "the frontend runs them; one that fails or is late shows that it does not work",
    order=220,
)


def check(visit: Visit) -> Iterator[Finding]:
    """The last result is OK, none is late by 15 minutes, none has run for 5 hours."""
    now = visit.host.system.now()
    told = []
    jobs = visit.host.database.jobs()
    for job in jobs:
        if job.running and job.started and now - job.started > LONG:
            told.append(f"{job.description} has run since {job.started:%Y-%m-%d %H:%M} UTC")
        elif not job.running and job.due and now - job.due > LATE:
            told.append(f"{job.description} was due at {job.due:%Y-%m-%d %H:%M} UTC")
        elif job.result not in {None, "", "OK"}:
            told.append(f"{job.description} ended with {str(job.result)[:80]!r}")
    if told:
        endless = any("has run since" in one for one in told)  # a restart would wait for it
        restart = "orchestrate restart --ignore-dispatch" if endless else "orchestrate restart"
        more = [f"{len(told) - SHOWN} more"] if len(told) > SHOWN else []
        yield SUBJECT.warns("; ".join(told[:SHOWN] + more), f"{restart}    then the job queue in OpenEMM's own menus")
    else:
        yield SUBJECT.fine(f"{len(jobs)} jobs")
