"""What the checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import marked, paragraph
from orchestrator.display.words import number

if TYPE_CHECKING:
    from workflows.checks.finding import Finding

_ORDER = ("inhibitor", "warning", "unknown")
_REMARK = 11


def lines(findings: Sequence[Finding]) -> list[str]:
    """The count, then everything that did not pass, with its fix."""
    counts = Counter(str(finding.severity) for finding in findings)
    said = [f"{counts['passed']} passed"]
    said += [number(counts[word], word) for word in ("inhibitor", "warning") if counts[word]]
    said += [f"{counts['unknown']} unknown"] if counts["unknown"] else []
    page = [f"checks   {', '.join(said)}"]
    for word in _ORDER:
        for finding in (f for f in findings if str(f.severity) == word):
            page.append(f"  {marked(word, _REMARK - 3)} {finding.key}   {finding.title}".rstrip())
            for text in (finding.measured, finding.why):
                page += paragraph(text, _REMARK) if text else []
            page += paragraph(f"fix: {finding.fix}", _REMARK) if finding.fix else []
    return page


def facts(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as data."""
    return [
        {
            "key": f.key,
            "severity": str(f.severity),
            "title": f.title,
            "measured": f.measured,
            "why": f.why,
            "fix": f.fix,
        }
        for f in findings
    ]


def stopped(findings: Sequence[Finding]) -> bool:
    """Whether one of them stops an upgrade."""
    return any(str(finding.severity) == "inhibitor" for finding in findings)
