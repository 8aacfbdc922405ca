"""Mail that lies ready in the home's spool, or is being sent (facts 7.2)."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from orchestrator import processes
from orchestrator.acting import below
from workflows.host.database import Dispatch

META = "var/spool/META"
_PARTS = 6
_SUFFIX = ".xml.gz"
_TIMESTAMP = re.compile(r"\D?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")


def pending(home: Path, now: datetime) -> list[Dispatch]:
    """Blocks in spool/META, one entry a mailing: "blocks" when due, "planned" when for later; and "sending" for each xmlback.

    Args:
        home: the OpenEMM home.
        now: aware; block names tell the host's local time.
    """
    return [*_blocks(home, now), *_sending(home)]


def due_at(name: str) -> datetime | None:
    """When a block is to be sent, from its file name (aware, local zone); None when that cannot be told."""
    match = _TIMESTAMP.fullmatch(name.split("=")[1])
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second).astimezone()
    except ValueError:
        return None


def _blocks(home: Path, now: datetime) -> list[Dispatch]:
    with below(home / META):
        return _found(home, now)


def _found(home: Path, now: datetime) -> list[Dispatch]:
    due: dict[int | None, list[datetime]] = defaultdict(list)
    later: dict[int | None, list[datetime]] = defaultdict(list)
    for path in sorted((home / META).glob(f"*{_SUFFIX}")):
        if len(path.name.split("=")) != _PARTS:
            continue
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # taken for sending meanwhile
            continue
        planned = due_at(path.name)
        if planned is not None and planned > now:
            later[_mailing(path.name)].append(planned)
        else:
            due[_mailing(path.name)].append(written)
    found = [
        Dispatch("blocks", f"{_count(times)} of {_named(mailing)} not yet handed to the mail server", mailing, max(times))
        for mailing, times in due.items()
    ]
    found += [
        Dispatch("planned", f"{_count(times)} of {_named(mailing)} to be sent from {min(times):%Y-%m-%d %H:%M} on", mailing)
        for mailing, times in later.items()
    ]
    return found


def _sending(home: Path) -> list[Dispatch]:
    found = []
    for process in processes.xmlback(home):
        block = next((Path(arg).name for arg in process.args[1:] if arg.count("=") == _PARTS - 1), "")
        mailing = _mailing(block) if block else None
        found.append(Dispatch("sending", f"a block of {_named(mailing)} is being sent by process {process.pid}", mailing))
    return found


def _mailing(name: str) -> int | None:
    digits = re.match(r"\d+", name.split("=")[3])
    return int(digits[0]) if digits else None


def _named(mailing: int | None) -> str:
    return f"mailing {mailing}" if mailing is not None else "an unknown mailing"


def _count(blocks: list[datetime]) -> str:
    return "1 block" if len(blocks) == 1 else f"{len(blocks)} blocks"
