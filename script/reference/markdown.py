"""Pieces of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- made from the code by script/docs; do not edit -->"


def page(title: str, *parts: str) -> str:
    """A whole page: its title, then its parts with an empty line between them."""
    return "\n\n".join([MADE, f"# {title}", *(part.rstrip() for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty when there are no rows."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    if not cells:
        return ""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells])


def sentence(text: str) -> str:
    """A docstring's text on one line, its first letter large."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]


def opening(docstring: str | None) -> str:
    """What stands in a docstring before its Args and Raises."""
    lines: list[str] = []
    for line in (docstring or "").splitlines():
        if line.strip() in {"Args:", "Raises:", "Returns:", "Attributes:"}:
            break
        lines.append(line)
    return sentence("\n".join(lines))
