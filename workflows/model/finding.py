"""What a check found: a stable key, what was measured, why it matters and how to mend it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflows.host.remedies import Remedy


class Severity(enum.StrEnum):
    """An inhibitor stops a run before it changes anything; a warning is shown; unknown could not be measured."""

    INHIBITOR = "inhibitor"
    WARNING = "warning"
    UNKNOWN = "unknown"
    PASSED = "passed"


@dataclass(frozen=True)
class Finding:
    """One finding.

    fix: a command or instruction; empty when nothing is to be mended. source: where the guide says so. remedy: what --fix does.
    """

    key: str
    severity: Severity
    title: str
    measured: str
    why: str = ""
    fix: str = ""
    source: str = ""
    remedy: Remedy | None = None
