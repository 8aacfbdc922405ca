"""What the checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import marked, paragraph
from orchestrator.display.words import number

if TYPE_CHECKING:
    from orchestrator.views.checks import Found, Mended

_ORDER = ("inhibitor", "warning", "unknown")
_REMARK = 11


def lines(findings: Sequence[Found], command: str = "check") -> list[str]:
    """The count, then everything that did not pass, with its fix. command: the one whose --fix mends what can be mended."""
    counts = Counter(str(finding.severity) for finding in findings)
    said = [f"{counts['passed']} passed"]
    said += [number(counts[word], word) for word in ("inhibitor", "warning") if counts[word]]
    said += [f"{counts['unknown']} unknown"] if counts["unknown"] else []
    return [f"checks   {', '.join(said)}", *trouble(findings, command)]


def trouble(findings: Sequence[Found], command: str) -> list[str]:
    """Everything that did not pass, what weighs most first."""
    page: list[str] = []
    for word in _ORDER:
        for finding in (f for f in findings if str(f.severity) == word):
            page.append(f"  {marked(word, _REMARK - 3)} {finding.key}   {finding.title}".rstrip())
            for text in (finding.measured, _why(finding)):
                page += paragraph(text, _REMARK) if text else []
            page += _fix(finding, command) if finding.fix else []
    return page


def _why(finding: Found) -> str:
    return " ".join(part for part in (finding.why, f"({finding.source})" if finding.source else "") if part)


def _fix(finding: Found, command: str) -> list[str]:
    if not finding.fixable:
        return paragraph(f"fix: {finding.fix}", _REMARK)
    return [*paragraph(f"fix: orchestrate {command} --fix {finding.key}", _REMARK), *paragraph(f"or:  {finding.fix}", _REMARK)]


def fixed_lines(fixed: Sequence[Mended]) -> list[str]:
    """What --fix has done."""
    return [line for one in fixed for line in paragraph(f"done: {one.does}, in the ledger", 0)]
