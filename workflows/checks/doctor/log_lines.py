"""Lines of a mail log: when, and whether a mail left, or what went wrong. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\s+")
_TRADITIONAL = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)\s+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ERROR = re.compile(
    r"\]: (?:\w+: )?(?:fatal|panic|error): |SYSERR|warning: (?:connect to Milter|milter .*: can't|.*mail system is down)"
    r"|Milter \(\w+\): (?:error|to error state)|No space left"
)
_SENT = re.compile(r"status=sent|stat=Sent")
_STARTED = re.compile(r"\]: (?:daemon started|starting daemon)")
_LOCAL = re.compile(r"relay=local|mailer=local|relay=virtual|relay=mailloop|relay=\[127\.0\.0\.1\]")
_SKEW = timedelta(days=1)


class Kind(enum.Enum):
    """What a line tells."""

    SENT = "sent"  # a mail was taken by another server
    STARTED = "started"  # the mail server itself
    ERROR = "error"
    OTHER = "other"


@dataclass(frozen=True)
class Line:
    """A line. time: aware; None where it has none that can be read."""

    time: datetime | None
    kind: Kind
    text: str


def read(lines: Iterable[str], now: datetime) -> list[Line]:
    """The lines of a log, oldest first. now: aware, in the host's zone: syslog's own times have neither year nor zone."""
    return [Line(_time(line, now), _kind(line), line.strip()) for line in lines]


def _kind(line: str) -> Kind:
    if _ERROR.search(line):
        return Kind.ERROR
    if _STARTED.search(line):
        return Kind.STARTED
    return Kind.SENT if _SENT.search(line) and not _LOCAL.search(line) else Kind.OTHER


def _time(line: str, now: datetime) -> datetime | None:
    if match := _ISO.match(line):
        found = datetime.fromisoformat(match[1])
        return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
    if (match := _TRADITIONAL.match(line)) is None or match[1] not in _MONTHS:
        return None
    month, day, hour, minute, second = _MONTHS.index(match[1]) + 1, *(int(match[n]) for n in range(2, 6))
    for year in (now.year, now.year - 1):
        try:
            found = datetime(year, month, day, hour, minute, second, tzinfo=now.tzinfo)
        except ValueError:  # a 29th of February of the other year
            continue
        if found <= now + _SKEW:
            return found
    return None
