"""What an installation would do, as it is told before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.plans.install import Part
from orchestrator.views.checks import Found

if TYPE_CHECKING:
    from workflows.model.installation import InstallPlan


@dataclass(frozen=True, kw_only=True)
class Install:
    """What an installation would do, part by part."""

    schema: Literal["orchestrate.install-plan/1"] = "orchestrate.install-plan/1"
    source: str
    """None, or the release that is there."""
    target: str
    present: bool
    packages: tuple[str, ...]
    parts: tuple[Part, ...]
    checks: tuple[Found, ...]

    @classmethod
    def of(cls, plan: InstallPlan, parts: Sequence[Part], checks: tuple[Found, ...]) -> Install:
        """The plan as it is told."""
        packages = tuple(package.file for package in plan.hop.target.packages)
        return cls(
            source=plan.source, target=plan.target, present=plan.present, packages=packages, parts=tuple(parts), checks=checks
        )


@dataclass(frozen=True, kw_only=True)
class AnswersWritten:
    """The answers of an installation, saved."""

    schema: Literal["orchestrate.install-answers/1"] = "orchestrate.install-answers/1"
    file: str
