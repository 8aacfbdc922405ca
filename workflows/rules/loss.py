"""What people wrote since a restore point, by row counts: rows that an upgrade wrote itself are none of it (issue 9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workflows.model.moves import RestorePoint

RELEASE = frozenset({"agn_dbversioninfo_tbl", "messages_tbl", "release_log_tbl", "startup_job_tbl"})  # never written by people
FILLED = frozenset(  # by update files and first starts (facts 5.3, 8.3, 13.4, 17.2, 19.5), but by people too
    {"config_tbl", "company_info_tbl", "layout_tbl", "permission_tbl", "admin_permission_tbl", "admin_group_permission_tbl",
     "admin_to_group_tbl", "birtreport_recipient_tbl", "bounce_translate_tbl", "job_queue_tbl", "migration_tbl", "tag_tbl",
     "tag_function_tbl", "update_tbl"}
)  # fmt: skip
_PEOPLES = re.compile(r".*_\d+_(.*_)?tbl|mailing_tbl")  # of one company each, and often the biggest


def of_people(tables: Iterable[str]) -> list[str]:
    """The tables that no upgrade adds rows to: what the restore point counted in them still holds after it."""
    return [table for table in tables if _PEOPLES.fullmatch(table.lower())]


def written_since(point: RestorePoint, now: Mapping[str, int]) -> dict[str, int]:
    """By table, how many rows there are more now than people have lost nothing of; most first.

    Held against what the last upgrade left, where that was counted; else the tables that upgrades fill do not count.
    """
    base = {**_lower(point.rows), **_lower(point.left)}
    own = RELEASE if point.left else RELEASE | FILLED
    return {table: count for table, count in more_rows(base, now).items() if table.lower() not in own}


def more_rows(then: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """By table, how many rows there are more now; most first. Names are compared without case (guide 3.8)."""
    before = _lower(then)
    more = {table: rows - before.get(table.lower(), 0) for table, rows in now.items()}
    return dict(sorted(((t, n) for t, n in more.items() if n > 0), key=lambda item: (-item[1], item[0])))


def _lower(rows: Mapping[str, int]) -> dict[str, int]:
    return {table.lower(): count for table, count in rows.items()}
