"""What the package source offers, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import number, size

if TYPE_CHECKING:
    from orchestrator.upkeep.backups import PackageVerdict
    from orchestrator.views.packages import Offered


def list_lines(packages: Sequence[Offered], where: str) -> list[str]:
    """One line a package."""
    rows = [("package", "kind", "size", "in SHA256SUMS")]
    rows += [(ref.file, ref.kind, "?" if ref.size is None else size(ref.size), "yes" if ref.sha256 else "no") for ref in packages]
    return [f"{number(len(packages), 'package')} in {where}", *table(rows, right=(2,), gap=2)]


def verdict_lines(verdicts: Sequence[PackageVerdict]) -> list[str]:
    """One line a package that was fetched and held against what is known of it."""
    trust = {
        "sums": "as SHA256SUMS says",
        "pinned": "as the ledger has it",
        "first-use": "seen for the first time: nothing to compare with",
    }
    rows = [("package", "size", "digest")]
    rows += [
        (
            v.file,
            "-" if v.size is None else size(v.size),
            "BAD: see below" if v.error else trust.get(v.trust or "", v.trust or ""),
        )
        for v in verdicts
    ]
    bad = [line for v in verdicts if v.error for line in ("", *paragraph(f"{v.error}   [{v.key or 'failed'}]", 0))]
    return [*table(rows, indent=0, right=(1,)), *bad]
