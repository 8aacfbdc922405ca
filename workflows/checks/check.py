"""What a check is, and how checks are found and made, whatever workflow asks.

A check is a file in a folder of this package: its SUBJECT, and `check`, which is given what the checks of that folder look at and
yields findings. It is found by lying there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Generic, TypeVar

from workflows.host.remedies import Remedy
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding, Severity

About = TypeVar("About")
LAST = 1000


@dataclass(frozen=True)
class Subject:
    """What a check is about, and its findings.

    key: stable. title: what must hold. why: what follows when it does not. source: where the guide says so, if it does.
    order: its place among the checks of its folder, the lowest first. decisive: when it stops, those behind it are not made.
    """

    key: str
    title: str
    why: str = ""
    source: str = ""
    order: int = LAST
    decisive: bool = False

    def but(
        self, key: str | None = None, *, title: str | None = None, why: str | None = None, source: str | None = None
    ) -> Subject:
        """The same, told with another key, title, reason or source."""
        told = {"key": key, "title": title, "why": why, "source": source}
        return replace(self, **{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]

    def fine(self, measured: str) -> Finding:
        """It holds."""
        return Finding(self.key, Severity.PASSED, self.title, measured, source=self.source)

    def stops(self, measured: str, fix: str = "", remedy: Remedy | None = None) -> Finding:
        """It does not, and that stops what is to be done; in the doctor's eyes, mail from leaving."""
        return self.finds(Severity.INHIBITOR, measured, fix, remedy)

    def warns(self, measured: str, fix: str = "", remedy: Remedy | None = None) -> Finding:
        """It does not; what is to be done can be done all the same."""
        return self.finds(Severity.WARNING, measured, fix, remedy)

    def unknown(self, measured: str, fix: str = "") -> Finding:
        """It cannot be told."""
        return self.finds(Severity.UNKNOWN, measured, fix)

    def finds(self, severity: Severity, measured: str, fix: str = "", remedy: Remedy | None = None) -> Finding:
        """It does not hold, and what that means depends."""
        return Finding(self.key, severity, self.title, measured, self.why, fix, self.source, remedy)


@dataclass(frozen=True)
class Check(Generic[About]):
    """One check: what it is about, and how it looks."""

    subject: Subject
    look: Callable[[About], Iterable[Finding]]


@cache
def checks_in(package: ModuleType) -> tuple[Check[Any], ...]:
    """The checks that lie in a package, in their order; of the same order by the names of their files."""
    modules = [import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__)]
    checks = [Check(one.SUBJECT, one.check) for one in modules if {"SUBJECT", "check"} & vars(one).keys()]
    return tuple(sorted(checks, key=lambda check: check.subject.order))


def run_all(checks: Iterable[Check[About]], about: About, cannot_look: Severity = Severity.INHIBITOR) -> list[Finding]:
    """Make every check; one that cannot look says so, and hides none of the others.

    Args:
        checks: in order.
        about: what they look at.
        cannot_look: what it means. An inhibitor has the key of what kept the check from looking, and is told once; what is
            unknown has the check's own.

    Raises:
        OSError: one that stops has the key of its cause where all errors are told.
    """
    findings: list[Finding] = []
    told: set[str] = set()  # what keeps one check from looking keeps others, too
    for check in checks:
        subject, before = check.subject, len(findings)
        try:
            findings += check.look(about)
        except WorkflowError as error:
            kept = _kept(subject, error, cannot_look)
            if kept.key not in told:
                told.add(kept.key)
                findings.append(kept)
        except OSError as error:
            if cannot_look is Severity.INHIBITOR:
                raise
            findings.append(subject.unknown(f"cannot look: {error.strerror or error}: {error.filename or 'unknown'}"))
        if subject.decisive and any(one.severity is Severity.INHIBITOR for one in findings[before:]):
            break
    return findings


def _kept(subject: Subject, error: WorkflowError, severity: Severity) -> Finding:
    """What kept it from looking."""
    fix = error.next[0] if error.next else ""
    if severity is Severity.UNKNOWN:
        return subject.unknown(f"cannot look: {error.message}", fix)
    said = f"{error.message}: {error.detail[0]}" if error.detail else error.message
    return Finding(error.error_key, severity, subject.title, said, fix=fix)
