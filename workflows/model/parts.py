"""The names of the steps that others look for: what a later version of this tool sees of a run is names, so they never change.

A step is called by the stage of its run and its part: hop1.stop, rollback.restore.
"""

from __future__ import annotations

STOP, BACKUP, RESTORE, DATABASE, CARRY = "stop", "backup", "restore", "database", "carry"
LINKS, START, MIGRATE, VERIFY, BACKEND, RECORD = "links", "start", "migrate", "verify", "backend", "record"
WRITE_DATA = (DATABASE, CARRY, RESTORE, START, MIGRATE)  # of the database
LAST_STARTS = (VERIFY, MIGRATE, START)  # which may have started the frontend, the last one first


def part_of(step: str) -> str:
    """Its part: "stop" of hop1.stop."""
    return step.rpartition(".")[2]


def stops_mail(step: str) -> bool:
    """Whether mail is down when that step is done, and runs again when the first such step of a run is undone."""
    return part_of(step) == STOP


def starts_mail(step: str) -> bool:
    """Whether mail runs again when that step is done."""
    return part_of(step) == BACKEND
