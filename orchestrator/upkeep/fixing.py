"""Do what --fix may do, one remedy at a time, each in the ledger before it is begun and when it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from orchestrator.runs.site import Site
from orchestrator.runs.start import refuse_open_run
from state.faults import place
from state.ledger import EntryDraft
from workflows.host.remedies import on_request
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.finding import Finding, Severity
from workflows.model.step import Facts

ALL = "all"
COMPONENT = "host"


@dataclass(frozen=True)
class Fixed:
    """A remedy that was done: what it changed, from what to what."""

    key: str
    says: str
    before: Facts
    after: Facts


def chosen(findings: Sequence[Finding], wanted: str, known: Collection[str]) -> list[Finding]:
    """The findings that --fix mends: all it may, or those of one key. An administrator's own file only by its key.

    Raises:
        UsageError: "check-unknown".
    """
    if wanted not in {ALL, *known}:
        raise UsageError(
            f"there is no check {wanted}", key="check-unknown", detail=sorted(known), unharmed=["nothing was changed"],
            next=["the same command with --fix    alone it takes all it may"],
        )  # fmt: skip
    return [
        finding
        for finding in findings
        if finding.remedy is not None
        and finding.severity in (Severity.INHIBITOR, Severity.WARNING)
        and (finding.key == wanted or (wanted == ALL and not on_request(finding.remedy)))
    ]


def fix(site: Site, finding: Finding, *, reason: str | None) -> Fixed:
    """Do one finding's remedy. A "fix-begun" with nothing behind it was cut off, and may have been done.

    Raises:
        RefusedError: "run-open", "remedy-outdated"; nothing was changed.
        StateError: "run-in-progress".
        WorkflowError: it cannot be done.
    """
    remedy = finding.remedy
    if remedy is None:
        raise ValueError(f"{finding.key} has no remedy")
    remedies = site.host.remedies
    with site.lease.acquire(None, "fix"):
        refuse_open_run(site)
        before = remedies.state(remedy)
        kept = remedies.keep(remedy)
        facts = {"check": finding.key, "measured": finding.measured, "does": str(remedy), "before": before, **kept}
        _record(site, "fix-begun", facts, reason)
        place("fix")
        try:
            remedies.apply(remedy)
        except (WorkflowError, OSError) as error:
            _record(site, "fix-failed", {**facts, "error": str(error)}, reason)
            raise
        place("fix")
        after = remedies.state(remedy)
        _record(site, "fix-applied", {**facts, "after": after}, reason)
    return Fixed(finding.key, str(remedy), before, after)


def _record(site: Site, kind: str, evidence: Facts, reason: str | None) -> None:
    site.ledger.append([EntryDraft(kind, COMPONENT, evidence=evidence)], actor={**site.actor, "reason": reason})
