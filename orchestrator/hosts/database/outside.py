"""What OpenEMM's own tables say of its history: release_log_tbl and the version rows (facts 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

Query = Callable[..., Sequence[Sequence[object]]]
_RELEASES = ("host_name", "application_name", "version_number", "startup_timestamp", "build_time", "build_host", "build_user")
_VERSIONS = ("version_number", "updating_user", "update_timestamp")
_TIMES = {"startup_timestamp", "build_time", "update_timestamp"}


def release_rows(query: Query, schema: Mapping[str, Sequence[str]]) -> list[dict[str, str | None]]:
    """The rows of release_log_tbl by start-up time, as far as the schema has its columns; times in ISO 8601, UTC."""
    return _rows(query, schema, "release_log_tbl", _RELEASES, "startup_timestamp")


def version_rows(query: Query, schema: Mapping[str, Sequence[str]]) -> list[dict[str, str | None]]:
    """The rows of agn_dbversioninfo_tbl by time, likewise."""
    return _rows(query, schema, "agn_dbversioninfo_tbl", _VERSIONS, "update_timestamp")


def _rows(
    query: Query, schema: Mapping[str, Sequence[str]], table: str, columns: Sequence[str], order: str
) -> list[dict[str, str | None]]:
    there = [column for column in columns if column in schema.get(table, ())]
    if not there:
        return []
    wanted = ", ".join(f"UNIX_TIMESTAMP({column})" if column in _TIMES else column for column in there)
    by = f"{order}, version_number" if order in there else "version_number"
    rows = query(f"SELECT {wanted} FROM {table} ORDER BY {by}")  # noqa: S608 - our own names
    return [{column: _text(column, value) for column, value in zip(there, row, strict=True)} for row in rows]


def _text(column: str, value: object) -> str | None:
    if value is None:
        return None
    return datetime.fromtimestamp(float(str(value)), UTC).isoformat() if column in _TIMES else str(value)
