"""journald's configuration as text: how many messages of a service it lets through (guide 4.6). No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workflows.rules.texts.rsyslog import enough

NEW_NAMES = 232  # the systemd from which the interval's name ends in Sec
INTERVAL_SECONDS, BURST = "10s", "10000"  # guide 4.6
_UNITS = {"": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0,
          "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0}  # fmt: skip
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_SETTING = re.compile(r"^[ \t]*RateLimit(Interval|IntervalSec|Burst)[ \t]*=[ \t]*(\S[^\n]*?)[ \t]*$", re.MULTILINE)


def limit(texts: Sequence[str]) -> tuple[str | None, str | None]:
    """Interval and burst that these files set, the last one wins; None: none of them says so."""
    found: dict[str, str] = {}
    for text in texts:
        found |= {name.removesuffix("Sec"): value for name, value in _SETTING.findall(text)}
    return found.get("Interval"), found.get("Burst")


def lets_through(interval: str | None, burst: str | None) -> bool:
    """Whether that is what the guide asks for, or more. A burst or an interval of 0 is no limit."""
    if burst == "0":
        return True
    seconds = None if interval is None else _seconds(interval)
    return enough(None if seconds is None else f"{seconds:f}", burst)


def drop_in(systemd: int, comment: str) -> str:
    """The text of a file that sets the guide's values."""
    name = "RateLimitIntervalSec" if systemd >= NEW_NAMES else "RateLimitInterval"
    return f"{comment}\n[Journal]\n{name}={INTERVAL_SECONDS}\nRateLimitBurst={BURST}\n"


def _seconds(span: str) -> float | None:
    """A time span as systemd writes it: 30s, 1min 30s, 500ms."""
    parts = _SPAN.findall(span)
    if not parts or _SPAN.sub("", span).strip() or any(unit not in _UNITS for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
