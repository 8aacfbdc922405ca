"""What a check of the doctor is about, and its findings."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.host.remedies import Remedy
from workflows.model.finding import Finding, Severity


@dataclass(frozen=True)
class Subject:
    """key: stable. title: what must hold. why: what follows when it does not. source: where the guide says so, if it does."""

    key: str
    title: str
    why: str
    source: str = ""

    def fine(self, measured: str) -> Finding:
        """It holds."""
        return Finding(self.key, Severity.PASSED, self.title, measured, source=self.source)

    def stops(self, measured: str, fix: str, remedy: Remedy | None = None) -> Finding:
        """It does not, and that keeps mail from leaving."""
        return self._found(Severity.INHIBITOR, measured, fix, remedy)

    def warns(self, measured: str, fix: str, remedy: Remedy | None = None) -> Finding:
        """It does not; mail may leave all the same, or not all of it."""
        return self._found(Severity.WARNING, measured, fix, remedy)

    def unknown(self, measured: str, fix: str = "") -> Finding:
        """It cannot be told."""
        return self._found(Severity.UNKNOWN, measured, fix, None)

    def _found(self, severity: Severity, measured: str, fix: str, remedy: Remedy | None) -> Finding:
        return Finding(self.key, severity, self.title, measured, self.why, fix, self.source, remedy)
