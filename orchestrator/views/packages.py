"""Packages, as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.upkeep.backups import PackageVerdict
from orchestrator.views.document import Count

if TYPE_CHECKING:
    from workflows.model.plans import PackageRef


@dataclass(frozen=True)
class Offered:
    """A package that the source offers."""

    file: str
    kind: str
    version: str
    size: Count | None
    """Bytes; null where the source does not tell."""
    sha256: str | None
    """As SHA256SUMS has it; null where it does not name the file."""

    @classmethod
    def of(cls, ref: PackageRef) -> Offered:
        """The package as it is told."""
        return cls(ref.file, ref.kind.value, ref.version, ref.size, ref.sha256)


@dataclass(frozen=True, kw_only=True)
class PackageList:
    """What the package source offers."""

    schema: Literal["orchestrate.packages-list/1"] = "orchestrate.packages-list/1"
    packages: tuple[Offered, ...]


@dataclass(frozen=True, kw_only=True)
class PackagesVerified:
    """Whether packages are what SHA256SUMS and the ledger say."""

    schema: Literal["orchestrate.packages-verify/1"] = "orchestrate.packages-verify/1"
    sound: bool
    packages: tuple[PackageVerdict, ...]
