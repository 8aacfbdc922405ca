"""When OpenEMM may be stopped: within the maintenance window, and not when a mailing is about to be sent (facts 7)."""

from __future__ import annotations

from datetime import datetime, time

from workflows.model.errors import UsageError

HORIZON = 1800.0  # seconds: a mailing planned within this time is waited for


def parse_window(text: str) -> tuple[time, time]:
    """Read HH:MM-HH:MM; a window may pass midnight.

    Raises:
        UsageError: "window-malformed".
    """
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a window of time; one looks like 01:30-04:00", key="window-malformed") from error
    return begin, end


def inside(window: str, now: datetime) -> bool:
    """Whether a local time lies in the window."""
    begin, end = parse_window(window)
    moment = now.time()
    return begin <= moment < end if begin <= end else moment >= begin or moment < end
