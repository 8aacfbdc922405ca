"""Why no mail leaves: what the doctor found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.display.pages.checks import trouble
from orchestrator.display.pages.layout import table
from orchestrator.display.words import number

if TYPE_CHECKING:
    from orchestrator.views.checks import Found


def lines(name: str, findings: Sequence[Found]) -> list[str]:
    """The verdict, what is wrong with what mends it, then, short, what is well."""
    found = trouble(_told_once(findings), "doctor")
    fine = [(finding.key, finding.measured) for finding in findings if str(finding.severity) == "passed"]
    page = [f"{name}   {_verdict(findings)}"]
    page += ["", *found] if found else []
    page += ["", "fine", *table(fine)] if fine else []
    return page


def _told_once(findings: Sequence[Found]) -> list[Found]:
    """What keeps several checks from looking is said once, with all their keys: they have no more in common."""
    alike: dict[tuple[str, str], list[Found]] = {}
    for finding in findings:
        cause = finding.measured if str(finding.severity) == "unknown" else finding.key
        alike.setdefault((cause, str(finding.severity)), []).append(finding)
    told = []
    for group in alike.values():
        if len(group) > 1 and str(group[0].severity) == "unknown":
            keys = ", ".join(finding.key for finding in group)
            told.append(replace(group[0], key=keys, title="", why="", source=""))
        else:
            told += group
    return told


def _verdict(findings: Sequence[Found]) -> str:
    words = [str(finding.severity) for finding in findings]
    stops, warns, unknown = (words.count(word) for word in ("inhibitor", "warning", "unknown"))
    said = (
        f"{number(stops, 'thing')} {'keep' if stops > 1 else 'keeps'} mail from leaving"
        if stops
        else "nothing keeps mail from leaving"
    )
    said += f", {number(warns, 'warning')}" if warns else ""
    return said + (f", {unknown} not known" if unknown else "")
