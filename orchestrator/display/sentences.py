"""What an event says, in one line. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orchestrator.display.words import duration, size
from orchestrator.runs.events import Event, Kind

_BYTES_FROM = 100_000
_AFTER = {"crash": "a crash", "paused": "a pause", "waiting": "a wait", "failed": "a failure"}
_NOTED = ("file", "error", "why")
_HOP = re.compile(r"hop(\d+)\.(.+)")


def step_title(name: str) -> str:
    """What people read for a step's name: "hop1.wait-for-dispatch" is "hop 1 wait for dispatch"."""
    group, rest = split(name)
    return f"{group} {rest}" if group else rest


def split(name: str) -> tuple[str, str]:
    """A step's name as its group and what it is in it: ("hop 1", "wait for dispatch"); ("", "fetch") outside a hop."""
    match = _HOP.fullmatch(name)
    group, rest = (f"hop {match[1]}", match[2]) if match else ("", name)
    return group, rest.replace("-", " ").replace(".", " ")


def progress(data: Mapping[str, Any]) -> str:
    """Where a step is: "21 of 35   19.10.355, statement 4 of 9"; a count without an end, or a very high one, is of bytes."""
    parts = []
    done, total = data.get("done"), data.get("total")
    if done is not None and (not total or total >= _BYTES_FROM):
        parts.append(f"{size(done)} of {size(total)}" if total else size(done))
    elif done is not None:
        parts.append(f"{done} of {total}")
    if data.get("message"):
        parts.append(str(data["message"]))
    return "   ".join(parts)


def headline(error: Mapping[str, Any]) -> str:
    """An error's message and key, from what is remembered of it."""
    return failed(error.get("message", "failed"), error.get("key", "failed"))


def failed(message: str, key: str) -> str:
    """The message of an error with its key."""
    return f"{message}   [{key}]"


def note(data: Mapping[str, Any]) -> str:
    """A note and the short ones of its facts: "harmless error   emm-mysql-update-19.07.420.sql, 1061: Duplicate key name"."""
    facts = ", ".join(f"{value}" for name, value in data.items() if name in _NOTED and value)
    return f"{data.get('message', '')}{facts and '   ' + facts}"


def sentence(event: Event) -> str:
    """The event in one line, without its time."""
    data = event.data
    title = data.get("title") or (step_title(event.step) if event.step else "")
    took = f"   {duration(data['seconds'])}" if isinstance(data.get("seconds"), int | float) else ""
    tail = f"   {data['summary']}" if data.get("summary") else ""
    attempt = f", attempt {data['attempt']}" if data.get("attempt", 1) != 1 else ""
    after = f" after {_AFTER.get(data['after'], data['after'])}" if data.get("after") else ""
    said = {
        Kind.RUN_CREATED: "run created",
        Kind.RUN_STARTED: "run started",
        Kind.RUN_RESUMED: f"run resumed{after}",
        Kind.STEP_STARTED: f"begins {title}{attempt}",
        Kind.STEP_PROGRESS: f"       {title}   {progress(data)}",
        Kind.STEP_WAITING: f"waits  {title}   {data.get('reason', '')}",
        Kind.GATE_OPENED: f"opened {title}",
        Kind.STEP_DONE: f"done   {title}{took}{tail}",
        Kind.STEP_FAILED: f"failed {title}   {headline(data)}",
        Kind.STEP_SKIPPED: f"skips  {title}{tail}",
        Kind.STEP_UNDOING: f"undoes {title}",
        Kind.STEP_UNDONE: f"undone {title}",
        Kind.NOTE: f"note   {note(data)}",
        Kind.RUN_PAUSED: "run paused",
        Kind.RUN_FAILED: "run failed",
        Kind.RUN_COMPLETED: "run completed",
        Kind.RUN_UNDOING: "run is being undone",
        Kind.RUN_UNDONE: "run undone",
    }
    try:
        return said[Kind(event.kind)].rstrip()
    except ValueError:
        return f"{event.kind} {title}".rstrip()
