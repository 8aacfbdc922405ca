"""How times and structured values are written in the store: text that is the same on every database."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def now() -> datetime:
    """The time now, UTC and aware."""
    return datetime.now(UTC)


def time_text(time: datetime) -> str:
    """ISO 8601 in UTC with microseconds and Z: as text it sorts as the times do.

    Raises:
        ValueError: the time does not know its zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time in the store must know its zone")
    return time.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def is_time(text: str) -> bool:
    """Whether `time_text` could have written it."""
    try:
        return _TIME.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        return False


def text_time(text: str) -> datetime:
    """The time again, from what `time_text` gave."""
    return datetime.fromisoformat(text)


def optional_time_text(time: datetime | None) -> str | None:
    """`time_text`, or None."""
    return None if time is None else time_text(time)


def optional_text_time(text: str | None) -> datetime | None:
    """`text_time`, or None."""
    return None if text is None else text_time(text)


def json_text(value: Mapping[str, Any]) -> str:
    """The value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def optional_json_text(value: Mapping[str, Any] | None) -> str | None:
    """The value as JSON, or None."""
    return None if value is None else json_text(value)


def text_json(text: str) -> dict[str, Any]:
    """The value again, from what `json_text` gave."""
    value: dict[str, Any] = json.loads(text)
    return value


def optional_text_json(text: str | None) -> dict[str, Any] | None:
    """`text_json`, or None."""
    return None if text is None else text_json(text)
