"""The formats and sizes of tables, and the settings of their server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import iso, moment, number, size

if TYPE_CHECKING:
    from orchestrator.views.tables import Sizes, Tuning
    from workflows.host.formats import Formats

_SHOWN = 20  # tables named where all would be too many


def format_lines(found: Formats) -> list[str]:
    """How many tables are of which format, and those that should be converted."""
    counts = ", ".join(f"{count} {name}" for name, count in found.counts.items()) or "no InnoDB table"
    lines = [f"database {found.database} on {found.server}: {counts}"]
    if not found.compact:
        return [*lines, "  no table is Compact: an update of MariaDB needs no conversion (guide 7.6)"]
    some = [(name, size(bytes_)) for name, bytes_ in list(found.compact.items())[:_SHOWN]]
    lines += table(some, right=(1,))
    if len(found.compact) > _SHOWN:
        lines.append(f"  and {len(found.compact) - _SHOWN} more")
    why = f"{number(len(found.compact), 'table')} are Compact: an update of MariaDB may refuse them as too wide (guide 7.6)"
    return [*lines, *paragraph(why, 2)]


def format_facts(found: Formats) -> dict[str, Any]:
    """The same as data."""
    return {
        "database": found.database,
        "server": found.server,
        "view": found.view,
        "counts": dict(found.counts),
        "affected": [{"name": name, "bytes": bytes_} for name, bytes_ in found.compact.items()],
        "sound": not found.compact,
    }


def size_lines(sizes: Sizes, limit: int | None) -> list[str]:
    """One line a table, biggest first."""
    shown = sizes.tables if limit is None else sizes.tables[:limit]
    head = ("table", "data", "index", "free", "rows" if sizes.exact else "rows (about)", *(("grown",) if sizes.grown else ()))
    rows = [head]
    for one in shown:
        cells = (one.name, size(one.data), size(one.index), size(one.free), f"{sizes.rows.get(one.name, one.rows)}")
        rows.append((*cells, _grown(sizes.grown.get(one.name))) if sizes.grown is not None else cells)
    lines = table(rows, indent=0, right=(1, 2, 3, 4), gap=2)
    if len(shown) < len(sizes.tables):
        lines.append(f"and {len(sizes.tables) - len(shown)} smaller ones    (--all)")
    data, index, free = (size(sizes.total(part)) for part in ("data", "index", "free"))
    lines.append(
        f"{number(len(sizes.tables), 'table')} in {sizes.database}: {data} data, {index} index, {free} free within files"
    )
    if sizes.since:
        lines.append(f"grown: rows since backup {sizes.since[0]} of {moment(sizes.since[1])} UTC")
    elif sizes.exact:
        lines.append("grown: not known, there is no backup to tell it against")
    return lines


def size_facts(sizes: Sizes) -> dict[str, Any]:
    """All tables as data."""
    return {
        "database": sizes.database,
        "total": {part: sizes.total(part) for part in ("data", "index", "free")},
        "exact": sizes.exact,
        "since": {"backup": sizes.since[0], "taken": iso(sizes.since[1])} if sizes.since else None,
        "tables": [
            {
                "name": one.name,
                "data": one.data,
                "index": one.index,
                "free": one.free,
                "rows": sizes.rows.get(one.name, one.rows),
                "grown": sizes.grown.get(one.name) if sizes.grown is not None else None,
                "format": one.format,
            }
            for one in sizes.tables
        ],
    }


def tune_lines(tuning: Tuning) -> list[str]:
    """What is set, what is suggested and why; then the lines for my.cnf."""
    memory = f"{size(tuning.memory)} memory on this host" if tuning.memory else "its host's memory is not known"
    lines = [f"{tuning.server.version}   {memory}   OpenEMM's tables {size(tuning.server.size)}", ""]
    for one in tuning.findings:
        state = "good" if one.suggested is None else f"better {one.suggested}"
        lines += [f"  {one.name} = {one.now}   {state}", *paragraph(f"{one.why} ({one.source})", 6)]
    if tuning.lines:
        lines += ["", "in my.cnf, then a restart of the database server:", "", "[mysqld]", *tuning.lines]
    if tuning.indexes:
        lines += ["", "indexes that speed up statistics over long lists of recipients (guide 9.3):", "", *tuning.indexes]
    return [*lines, "", "Nothing has been changed."]


def tune_facts(tuning: Tuning) -> dict[str, Any]:
    """The same as data."""
    findings = [
        {"name": one.name, "now": one.now, "suggested": one.suggested, "why": one.why, "source": one.source}
        for one in tuning.findings
    ]
    return {
        "memory": tuning.memory,
        "size": tuning.server.size,
        "server": tuning.server.version,
        "findings": findings,
        "lines": ["[mysqld]", *tuning.lines] if tuning.lines else [],
        "indexes": list(tuning.indexes),
    }


def _grown(rows: int | None) -> str:
    return "?" if rows is None else "-" if rows == 0 else f"{rows:+d}"
