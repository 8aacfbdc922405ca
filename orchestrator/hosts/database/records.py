"""What OpenEMM's database says of mails that should be on their way: jobs, mailings, the clock, keys (facts 7.1, 10.1)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.errors import hide
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.dkim import public_part
from orchestrator.hosts.database.faults import told
from workflows.host.database import DkimKey, Job, Stalled

if TYPE_CHECKING:
    from orchestrator.hosts.database.accounts import Connection
    from orchestrator.settings import Settings

JOBS, KEYS, MAILDROP = "job_queue_tbl", "dkim_key_tbl", "maildrop_status_tbl"
# Planned for a time that has passed by a quarter of an hour; else longer at it than the vendor's own rule allows (facts 7.1).
_STALLED = """
    SELECT mailing_id, genstatus, UNIX_TIMESTAMP(IF(genstatus = 0, LEAST(IFNULL(gendate, senddate), IFNULL(senddate, gendate)),
                                                    genchange)) AS since
    FROM maildrop_status_tbl
    WHERE status_field IN ('W', 'A', 'T') AND (
        (genstatus = 0 AND LEAST(IFNULL(gendate, senddate), IFNULL(senddate, gendate))
            BETWEEN NOW() - INTERVAL 7 DAY AND NOW() - INTERVAL 15 MINUTE)
        OR (genstatus = 1 AND genchange BETWEEN NOW() - INTERVAL 7 DAY AND NOW() - INTERVAL 15 MINUTE)
        OR (genstatus = 2 AND genchange BETWEEN NOW() - INTERVAL 7 DAY
            AND NOW() - INTERVAL IF(status_field = 'W', 120, 15) MINUTE))
    ORDER BY since, mailing_id
"""
_TELLS = {0: "was to be generated from", 1: "was to be generated at once since", 2: "has been generating without progress since"}


class Records:
    """The database of one site, asked with the application's account; each question opens a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is connected yet."""
        self._settings = settings

    def jobs(self) -> Sequence[Job]:
        """Those that are not deleted."""
        with self._asked() as connection:
            columns = _columns(connection, JOBS)
            if not {"description", "running", "lastresult", "laststart", "nextstart"} <= columns:
                return []
            kept = "WHERE IFNULL(deleted, 0) = 0" if "deleted" in columns else ""
            wanted = "description, running, lastresult, UNIX_TIMESTAMP(laststart), UNIX_TIMESTAMP(nextstart)"
            sql = f"SELECT {wanted} FROM {JOBS} {kept} ORDER BY id"  # noqa: S608 - our own names
            return [
                Job(str(name), bool(running), None if result is None else str(result), _moment(started), _moment(due))
                for name, running, result, started, due in _ask(connection, sql)
            ]

    def stalled(self) -> Sequence[Stalled]:
        """World, admin and test mailings of the last week."""
        with self._asked() as connection:
            if not {"genstatus", "genchange", "gendate", "senddate", "status_field"} <= _columns(connection, MAILDROP):
                return []
            found = []
            for mailing, status, since in _ask(connection, _STALLED):
                moment = _moment(since)
                if moment is not None:
                    found.append(Stalled(int(str(mailing)), _TELLS[int(str(status))], moment))
            return found

    def clock_ahead(self) -> float:
        """Against the middle of the question's way there and back."""
        with self._asked() as connection:
            before = time.time()
            ((there,),) = _ask(connection, "SELECT UNIX_TIMESTAMP(SYSDATE(6))")
            return float(str(there)) - (before + time.time()) / 2

    def dkim_keys(self) -> Sequence[DkimKey] | None:
        """Those that are valid now; what is private in them goes no further than openssl."""
        with self._asked() as connection:
            columns = _columns(connection, KEYS)
            if not {"domain", "selector"} <= columns:
                return None
            wanted = [name if name in columns else "NULL" for name in ("domain_key", "domain_key_encrypted")]
            valid = [f"({name} IS NULL OR {name} {than} NOW())" for name, than in (("valid_start", "<="), ("valid_end", ">="))
                     if name in columns]  # fmt: skip
            where = f"WHERE {' AND '.join(valid)}" if valid else ""
            sql = f"SELECT DISTINCT domain, selector, {', '.join(wanted)} FROM {KEYS} {where} ORDER BY 1, 2"  # noqa: S608
            return [_key(*row) for row in _ask(connection, sql)]

    @contextmanager
    def _asked(self) -> Iterator[Connection]:
        connection = connect(self._settings)
        try:
            with told("look for what keeps mail"):
                yield connection
        finally:
            if connection.open:
                connection.close()


def _key(domain: object, selector: object, plain: object, encrypted: object) -> DkimKey:
    name = (str(domain), str(selector))
    text = str(plain or "").strip()
    hide(text)
    if not text:
        problem = "its key is stored encrypted, and is not read here" if encrypted else "no key is stored"
        return DkimKey(*name, problem=problem)
    found = public_part(text)
    return DkimKey(*name, problem="openssl does not take its key for one") if found is None else DkimKey(*name, *found)


def _columns(connection: Connection, table: str) -> set[str]:
    sql = "SELECT LOWER(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s"
    return {str(row[0]) for row in _ask(connection, sql, table)}


def _ask(connection: Connection, sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def _moment(seconds: object) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(str(seconds)), UTC)
