"""Numbers as people read them, and what they type read as numbers. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from workflows.model.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400
_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY}
_SIZES = ("B", "kB", "MB", "GB", "TB")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?|(\d+)")


def duration(seconds: float) -> str:
    """How long something took: "0.4 s", "38 s", "1 m 05 s", "2 h 03 m", "3 d 04 h"."""
    if seconds < 1:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} m {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} m"
    return f"{whole // DAY} d {whole % DAY // HOUR:02d} h"


def age(seconds: float) -> str:
    """How long ago, in one unit: "12 s", "3 m", "9 h", "526 d"."""
    for unit, size in (("d", 2 * DAY), ("h", 2 * HOUR), ("m", 2 * MINUTE)):
        if seconds >= size:
            return f"{int(seconds // _UNITS[unit])} {unit}"
    return f"{max(int(seconds), 0)} s"


def size(count: float) -> str:
    """Bytes: "812 B", "1.2 GB", "41 GB"; decimal units, two digits at the least."""
    unit = 0
    while round(count) >= 1000 and unit < len(_SIZES) - 1:  # noqa: PLR2004 - the unit's step
        count /= 1000
        unit += 1
    digits = 1 if unit and len(f"{count:.1f}") == len("9.9") else 0
    return f"{count:.{digits}f} {_SIZES[unit]}"


def number(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 hop", "2 hops"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def moment(time: datetime) -> str:
    """A time in UTC, to the second: "2026-11-22 02:09:31"."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def parse_duration(text: str) -> float:
    """Seconds from "90", "90s", "30m", "2h", "1h30m" or "1d".

    Raises:
        UsageError: "duration-malformed".
    """
    match = _DURATION.fullmatch(text.replace(" ", "").lower())
    if match is None or not any(match.groups()):
        raise UsageError(
            f"cannot read {text!r} as a length of time; one looks like 90s, 30m, 2h or 1h30m", key="duration-malformed"
        )
    return float(sum(int(part or 0) * unit for part, unit in zip(match.groups(), (DAY, HOUR, MINUTE, 1, 1), strict=True)))


def parse_moment(text: str) -> datetime:
    """A time from "2026-11-22", "2026-11-22 02:05" or ISO 8601; UTC unless it names a zone.

    Raises:
        UsageError: "time-malformed".
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'cannot read {text!r} as a time; one looks like 2026-11-22 or "2026-11-22 02:05" (UTC)', key="time-malformed"
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
