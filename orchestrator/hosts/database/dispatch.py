"""Mail being made or sent, told by the database (facts 7.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from workflows.host.database import Dispatch

Query = Callable[..., list[tuple[object, ...]]]
Schema = Mapping[str, Sequence[str]]

# The vendor's own rule (bin/in-progress3.py): what was touched since the start of yesterday, and not too long ago.
_GENERATING = """
    SELECT status_id, mailing_id, genstatus, status_field, UNIX_TIMESTAMP(genchange) FROM maildrop_status_tbl
    WHERE genchange > CURRENT_DATE - INTERVAL 1 DAY AND (
        (genstatus = 2 AND genchange + INTERVAL IF(status_field IN ('W', 'R', 'D'), 120, 15) MINUTE > NOW())
        OR (genstatus = 1 AND status_field IN ('A', 'T', 'W') AND genchange + INTERVAL 10 MINUTE > NOW()))
    ORDER BY status_id
"""
_PLANNED = """
    SELECT status_id, mailing_id, LEAST(IFNULL(UNIX_TIMESTAMP(senddate), ~0), IFNULL(UNIX_TIMESTAMP(gendate), ~0))
    FROM maildrop_status_tbl
    WHERE genstatus = 0 AND (senddate BETWEEN NOW() AND NOW() + INTERVAL %s SECOND
        OR gendate BETWEEN NOW() AND NOW() + INTERVAL %s SECOND)
    ORDER BY status_id
"""
_SENDING = "SELECT mailing_id FROM mailing_tbl WHERE work_status = 'mailing.status.sending' ORDER BY mailing_id"
_MOVED = "SELECT UNIX_TIMESTAMP(MAX(timestamp)) FROM mailing_account_tbl WHERE mailing_id = %s"
_JOBS = "SELECT id, description, UNIX_TIMESTAMP(laststart) FROM job_queue_tbl WHERE running = 1 ORDER BY id"
_FIELDS = {"W": "world", "T": "test", "A": "admin", "E": "event", "R": "rule", "D": "on demand", "V": "verification"}
_GENSTATUS_GENERATING = 2


def dispatches(query: Query, schema: Schema, horizon: float) -> list[Dispatch]:
    """All that is being generated or sent now, or planned within `horizon` seconds."""
    return [*_generating(query, schema), *_sending(query, schema), *_jobs(query, schema), *_planned(query, schema, horizon)]


def _generating(query: Query, schema: Schema) -> list[Dispatch]:
    if "maildrop_status_tbl" not in schema:
        return []
    found = []
    for _, mailing, genstatus, field, changed in query(_GENERATING):
        key = "generating" if genstatus == _GENSTATUS_GENERATING else "ready"
        doing = "is being generated" if key == "generating" else "is about to be generated"
        kind = _FIELDS.get(str(field), str(field))
        found.append(Dispatch(key, f"{kind} mailing {mailing} {doing}", _number(mailing), _moment(changed)))
    return found


def _sending(query: Query, schema: Schema) -> list[Dispatch]:
    if "work_status" not in schema.get("mailing_tbl", ()):
        return []
    blocks = "timestamp" in schema.get("mailing_account_tbl", ())
    return [
        Dispatch(
            "sending",
            f"mailing {mailing} is being sent",
            _number(mailing),
            _moment(query(_MOVED, mailing)[0][0]) if blocks else None,
        )
        for (mailing,) in query(_SENDING)
    ]


def _jobs(query: Query, schema: Schema) -> list[Dispatch]:
    if not {"id", "description", "laststart", "running"} <= set(schema.get("job_queue_tbl", ())):
        return []
    return [
        Dispatch("job", f"job {description or number} is running", None, _moment(at)) for number, description, at in query(_JOBS)
    ]


def _planned(query: Query, schema: Schema, horizon: float) -> list[Dispatch]:
    if "maildrop_status_tbl" not in schema or horizon <= 0:
        return []
    found = []
    for _, mailing, at in query(_PLANNED, int(horizon), int(horizon)):
        moment = _moment(at)
        when = f" for {moment:%H:%M} UTC" if moment else ""
        found.append(Dispatch("planned", f"mailing {mailing} is planned{when}", _number(mailing)))
    return found


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, as UNIX_TIMESTAMP gives them, whatever the server's zone."""
    return None if value is None else datetime.fromtimestamp(float(str(value)), UTC)
