"""Reason 10: the mail log shows errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from workflows.checks.check import Subject
from workflows.checks.doctor import log_lines
from workflows.checks.doctor.log_lines import Kind, Line
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

DAY = timedelta(days=1)
QUOTED = 200  # characters
SUBJECT = Subject(
    "mail-log-errors", "the mail log shows no errors", "the mail server says there what keeps it from sending",
    "guide 6.1 no. 10", order=140,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """Of the last day. Behind the last mail that left and the last start of the server they keep mail; others are past."""
    log = visit.host.mail.log()
    if not log.exists:
        yield SUBJECT.unknown("there is no mail log that could be read")
        return
    now = visit.host.system.local_time()
    lines = log_lines.read(log.lines, now)
    sent = _last(lines, Kind.SENT)
    last_sent = lines[sent].time if sent >= 0 else None
    left = f"the last mail left at {last_sent:%Y-%m-%d %H:%M}" if last_sent else "no mail is known to have left"
    recent = [n for n, line in enumerate(lines) if line.kind is Kind.ERROR and (line.time is None or now - line.time < DAY)]
    if not recent:
        yield SUBJECT.fine(f"none in the last day; {left}")
        return
    many = f"{len(recent)} errors" if len(recent) > 1 else "1 error"
    measured = f"{many} in the last day; {left}; the last error: {lines[recent[-1]].text[-QUOTED:]}"
    found = SUBJECT.stops if recent[-1] > max(sent, _last(lines, Kind.STARTED)) else SUBJECT.warns
    yield found(measured, f"grep -E 'fatal|panic|error|SYSERR' {log.path} | tail    what it is about")


def _last(lines: list[Line], kind: Kind) -> int:
    """The number of the last line of that kind; -1: there is none."""
    return next((n for n in range(len(lines) - 1, -1, -1) if lines[n].kind is kind), -1)
