"""rsyslog's configuration as text: what imjournal lets through, and where mail is logged (guide 4.6, 4.7). No I/O.

The guide names both forms for RHEL 8, but rsyslog reads only the one that its configuration loads imjournal with: parameters of
module(...) there, $-directives on RHEL 7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 10_000  # messages that may come at once
RATE = 1_000  # messages a second (guide 4.6: 10000 in 10 s, or 60000 in 60 s)
INTERVAL, BURST = "10", "10000"
LEGACY_INTERVAL, LEGACY_BURST = "60", "60000"

_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*')
_LOAD = re.compile(r'load\s*=\s*"imjournal"', re.IGNORECASE)
_MODULE = re.compile(r"\bmodule\s*\(", re.IGNORECASE)
_LEGACY_LOAD = re.compile(r"^[ \t]*\$ModLoad[ \t]+imjournal(?:\.so)?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_LEGACY_STATE = re.compile(r"^[ \t]*\$IMJournalStateFile[ \t]+\S+[^\n]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Limit:
    """What imjournal lets through: burst messages in interval seconds; None: not said. An interval of 0 is no limit."""

    interval: str | None
    burst: str | None

    @property
    def enough(self) -> bool:
        """Whether it is what the guide asks for, or more."""
        return enough(self.interval, self.burst)

    @property
    def said(self) -> bool:
        """Whether somebody set it."""
        return self.interval is not None or self.burst is not None


def enough(interval: str | None, burst: str | None) -> bool:
    """Whether so many messages (burst) in so many seconds are what the guide asks for; nothing said is not enough."""
    seconds = float(interval) if interval and re.fullmatch(r"\d+(\.\d+)?", interval) else None
    if seconds == 0:
        return True
    messages = int(burst) if burst and burst.isdecimal() else None
    return seconds is not None and messages is not None and messages >= MOST and messages >= RATE * seconds


def imjournal(text: str) -> Limit | None:
    """What the configuration says of imjournal; None when it does not load it."""
    plain = _without_comments(text)
    if region := _module(plain):
        inside = plain[slice(*region)]
        return Limit(*(_value(_parameter(name), inside) for name in ("interval", "burst")))
    if _LEGACY_LOAD.search(plain):
        return Limit(*(_value(_directive(name), plain) for name in ("Interval", "Burst")))
    return None


def with_imjournal(text: str) -> str:
    """The same with the limits of the guide, in the form that imjournal is loaded with; every other byte stays."""
    plain = _without_comments(text)
    if region := _module(plain):
        first, last = region
        for name, value in (("burst", BURST), ("interval", INTERVAL)):
            match = _parameter(name).search(_without_comments(text), first, last)
            if match:
                text = text[: match.start(1)] + value + text[match.end(1) :]
            else:
                at = _first(_LOAD, _without_comments(text), first)
                text = f'{text[:at]} ratelimit.{name}="{value}"{text[at:]}'
            last = _closing(_without_comments(text), first)
    elif _LEGACY_LOAD.search(plain):
        for name, value in (("Burst", LEGACY_BURST), ("Interval", LEGACY_INTERVAL)):
            match = _directive(name).search(_without_comments(text))
            if match:
                text = text[: match.start(1)] + value + text[match.end(1) :]
            else:
                plain = _without_comments(text)
                anchor = _LEGACY_STATE.search(plain) or _LEGACY_LOAD.search(plain)
                at = anchor.end() if anchor else len(text)
                text = f"{text[:at]}\n$imjournalRatelimit{name} {value}{text[at:]}"
    return text


def logs_to(text: str, path: str) -> bool:
    """Whether a rule of the configuration writes to that file."""
    return bool(re.search(rf'(?m)[\s"-]{re.escape(path)}(?=["\s;]|$)', _without_comments(text)))


def _without_comments(text: str) -> str:
    """The text at the same positions, comments blanked out."""
    return _COMMENT.sub(lambda match: match[0] if match[0].startswith('"') else " " * len(match[0]), text)


def _module(plain: str) -> tuple[int, int] | None:
    """Where the parameters of the module(...) that loads imjournal begin and end."""
    for match in _MODULE.finditer(plain):
        region = match.end(), _closing(plain, match.end())
        if _LOAD.search(plain, *region):
            return region
    return None


def _closing(plain: str, begin: int) -> int:
    """Where the parenthesis that is open at a position closes."""
    for match in re.compile(r'"(?:\\.|[^"\\\n])*"|\)').finditer(plain, begin):
        if match[0] == ")":
            return match.start()
    return len(plain)


def _first(pattern: re.Pattern[str], text: str, begin: int) -> int:
    match = pattern.search(text, begin)
    return match.end() if match else begin


def _parameter(name: str) -> re.Pattern[str]:
    return re.compile(rf'\bratelimit\.{name}\s*=\s*"([^"]*)"', re.IGNORECASE)


def _directive(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*\$imjournalRatelimit{name}[ \t]+(\S+)", re.IGNORECASE | re.MULTILINE)


def _value(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None
