"""The formats and sizes of tables, and the settings of their server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import moment, number, size

if TYPE_CHECKING:
    from orchestrator.views.tables import Sizes, TableFormats, Tuning

_SHOWN = 20  # tables named where all would be too many


def format_lines(found: TableFormats) -> list[str]:
    """How many tables are of which format, and those that should be converted."""
    counts = ", ".join(f"{count} {name}" for name, count in found.counts.items()) or "no InnoDB table"
    lines = [f"database {found.database} on {found.server}: {counts}"]
    if found.sound:
        return [*lines, "  no table is Compact: an update of MariaDB needs no conversion (guide 7.6)"]
    lines += table([(one.name, size(one.bytes)) for one in found.affected[:_SHOWN]], right=(1,))
    if len(found.affected) > _SHOWN:
        lines.append(f"  and {len(found.affected) - _SHOWN} more")
    why = f"{number(len(found.affected), 'table')} are Compact: an update of MariaDB may refuse them as too wide (guide 7.6)"
    return [*lines, *paragraph(why, 2)]


def size_lines(sizes: Sizes, limit: int | None) -> list[str]:
    """One line a table, biggest first."""
    shown = sizes.tables if limit is None else sizes.tables[:limit]
    head = ("table", "data", "index", "free", "rows" if sizes.exact else "rows (about)", *(("grown",) if sizes.since else ()))
    rows = [head]
    for one in shown:
        cells = (one.name, size(one.data), size(one.index), size(one.free), f"{one.rows}")
        rows.append((*cells, _grown(one.grown)) if sizes.since else cells)
    lines = table(rows, indent=0, right=(1, 2, 3, 4), gap=2)
    if len(shown) < len(sizes.tables):
        lines.append(f"and {len(sizes.tables) - len(shown)} smaller ones    (--all)")
    data, index, free = size(sizes.total.data), size(sizes.total.index), size(sizes.total.free)
    lines.append(
        f"{number(len(sizes.tables), 'table')} in {sizes.database}: {data} data, {index} index, {free} free within files"
    )
    if sizes.since:
        lines.append(f"grown: rows since backup {sizes.since.backup} of {moment(sizes.since.taken)} UTC")
    elif sizes.exact:
        lines.append("grown: not known, there is no backup to tell it against")
    return lines


def tune_lines(tuning: Tuning) -> list[str]:
    """What is set, what is suggested and why; then the lines for my.cnf."""
    memory = f"{size(tuning.memory)} memory on this host" if tuning.memory else "its host's memory is not known"
    lines = [f"{tuning.server}   {memory}   OpenEMM's tables {size(tuning.size)}", ""]
    for one in tuning.findings:
        state = "good" if one.suggested is None else f"better {one.suggested}"
        lines += [f"  {one.name} = {one.now}   {state}", *paragraph(f"{one.why} ({one.source})", 6)]
    if tuning.lines:
        lines += ["", "in my.cnf, then a restart of the database server:", "", *tuning.lines]
    if tuning.indexes:
        lines += ["", "indexes that speed up statistics over long lists of recipients (guide 9.3):", "", *tuning.indexes]
    return [*lines, "", "Nothing has been changed."]


def _grown(rows: int | None) -> str:
    return "?" if rows is None else "-" if rows == 0 else f"{rows:+d}"
