"""Why no mail leaves: what the doctor found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.checks import trouble
from orchestrator.display.pages.layout import table
from orchestrator.display.words import number

if TYPE_CHECKING:
    from workflows.checks.finding import Finding


def lines(name: str, findings: Sequence[Finding]) -> list[str]:
    """The verdict, what is wrong with what mends it, then, short, what is well."""
    found = trouble(findings, "doctor")
    fine = [(finding.key, finding.measured) for finding in findings if str(finding.severity) == "passed"]
    page = [f"{name}   {_verdict(findings)}"]
    page += ["", *found] if found else []
    page += ["", "fine", *table(fine)] if fine else []
    return page


def _verdict(findings: Sequence[Finding]) -> str:
    words = [str(finding.severity) for finding in findings]
    stops, warns, unknown = (words.count(word) for word in ("inhibitor", "warning", "unknown"))
    said = (
        f"{number(stops, 'thing')} {'keep' if stops > 1 else 'keeps'} mail from leaving"
        if stops
        else "nothing keeps mail from leaving"
    )
    said += f", {number(warns, 'warning')}" if warns else ""
    return said + (f", {unknown} not known" if unknown else "")
