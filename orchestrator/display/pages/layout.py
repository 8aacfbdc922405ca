"""Lines of 80 columns: tables and labelled paragraphs. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from orchestrator.visible import styled

WIDTH = 80
MARKS = {"inhibitor": "red", "warning": "yellow", "unknown": "yellow", "failed": "red", "passed": "green", "completed": "green",
         "undone": "yellow", "undo-failed": "red", "paused": "yellow", "waiting": "yellow", "running": "green"}  # fmt: skip


def marked(word: str, width: int = 0) -> str:
    """The word in its colour, padded."""
    padded = f"{word:<{width}}"
    return styled(padded, fg=MARKS[word]) if word in MARKS else padded


def table(rows: Sequence[Sequence[str]], *, indent: int = 2, right: Sequence[int] = (), gap: int = 3) -> list[str]:
    """Rows as columns as wide as their longest cell; the last one is wrapped at 80 columns.

    Args:
        rows: cells without colours; the first row is the heading, if there is one.
        indent: blanks before each line.
        right: numbers of the columns that are set flush right.
        gap: blanks between columns.
    """
    if not rows:
        return []
    last = len(rows[0]) - 1
    widths = [max(len(row[column]) for row in rows) for column in range(last)]
    room = max(WIDTH - indent - sum(widths) - gap * last, 20)
    lines = []
    for row in rows:
        cells = [
            f"{cell:>{width}}" if n in right else f"{cell:<{width}}"
            for n, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        first, *more = textwrap.wrap(row[last], room, break_long_words=False, break_on_hyphens=False) or [""]
        head = " " * indent + (" " * gap).join(cells) + (" " * gap if cells else "")
        lines.append((head + first).rstrip())
        lines += [" " * len(head) + line for line in more]
    return lines


def flow(items: Sequence[str], indent: int, gap: int = 3) -> list[str]:
    """Items beside each other as far as 80 columns go, none of them broken."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + gap + len(item) <= WIDTH:
            lines[-1] += " " * gap + item
        else:
            lines.append(" " * indent + item)
    return lines


def paragraph(text: str, indent: int) -> list[str]:
    """The text wrapped at 80 columns behind so many blanks; a long path or command stays whole."""
    blanks = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=blanks, subsequent_indent=blanks, break_long_words=False, break_on_hyphens=False
    )
