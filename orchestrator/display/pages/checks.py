"""What the checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import marked, paragraph
from orchestrator.display.words import number

if TYPE_CHECKING:
    from orchestrator.upkeep.fixing import Fixed
    from workflows.model.finding import Finding

_ORDER = ("inhibitor", "warning", "unknown")
_REMARK = 11


def lines(findings: Sequence[Finding], command: str = "check") -> list[str]:
    """The count, then everything that did not pass, with its fix. command: the one whose --fix mends what can be mended."""
    counts = Counter(str(finding.severity) for finding in findings)
    said = [f"{counts['passed']} passed"]
    said += [number(counts[word], word) for word in ("inhibitor", "warning") if counts[word]]
    said += [f"{counts['unknown']} unknown"] if counts["unknown"] else []
    return [f"checks   {', '.join(said)}", *trouble(findings, command)]


def trouble(findings: Sequence[Finding], command: str) -> list[str]:
    """Everything that did not pass, what weighs most first."""
    page: list[str] = []
    for word in _ORDER:
        for finding in (f for f in findings if str(f.severity) == word):
            page.append(f"  {marked(word, _REMARK - 3)} {finding.key}   {finding.title}".rstrip())
            for text in (finding.measured, _why(finding)):
                page += paragraph(text, _REMARK) if text else []
            page += _fix(finding, command) if finding.fix else []
    return page


def _why(finding: Finding) -> str:
    return " ".join(part for part in (finding.why, f"({finding.source})" if finding.source else "") if part)


def _fix(finding: Finding, command: str) -> list[str]:
    if finding.remedy is None:
        return paragraph(f"fix: {finding.fix}", _REMARK)
    return [*paragraph(f"fix: orchestrate {command} --fix {finding.key}", _REMARK), *paragraph(f"or:  {finding.fix}", _REMARK)]


def fixed_lines(fixed: Sequence[Fixed]) -> list[str]:
    """What --fix has done."""
    return [line for one in fixed for line in paragraph(f"done: {one.says}, in the ledger", 0)]


def fixed_facts(fixed: Sequence[Fixed]) -> list[dict[str, Any]]:
    """The same as data."""
    return [{"key": f.key, "does": f.says, "before": dict(f.before), "after": dict(f.after)} for f in fixed]


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
            "source": f.source,
            "fixable": f.remedy is not None,
        }
        for f in findings
    ]


def stopped(findings: Sequence[Finding]) -> bool:
    """Whether one of them stops an upgrade."""
    return any(str(finding.severity) == "inhibitor" for finding in findings)
