"""Outside evidence: what OpenEMM's own tables say of its history, taken into the ledger and marked as such (facts 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from state.chain import EntryDraft

if TYPE_CHECKING:
    from orchestrator.runs.site import Site

Row = Mapping[str, str | None]
OUTSIDE = "outside-evidence"
RELEASES, VERSIONS = "release_log_tbl", "agn_dbversioninfo_tbl"
_COMPONENTS = {"EMM": "frontend", "RUNTIME": "runtime", "MANUAL": "manual"}


@dataclass(frozen=True)
class Imported:
    """How many rows of each table were new to the ledger, and how many it had already."""

    releases: int
    versions: int
    known: int


def import_evidence(site: Site) -> Imported:
    """Read both tables and append what the ledger does not yet hold; importing twice adds nothing.

    Raises:
        StateError: "run-in-progress".
        WorkflowError: the database cannot be read.
    """
    with site.lease.acquire(None, "audit import"):
        releases, versions = site.host.database.outside_evidence()
        known = _known(site)
        new_releases = [row for row in releases if _identity(RELEASES, row) not in known]
        new_versions = [row for row in versions if _identity(VERSIONS, row) not in known]
        site.ledger.append(drafts(new_releases, new_versions), actor=site.actor)
    count = len(releases) + len(versions) - len(new_releases) - len(new_versions)
    return Imported(len(new_releases), len(new_versions), count)


def drafts(releases: Sequence[Row], versions: Sequence[Row]) -> list[EntryDraft]:
    """An entry a start-up, and one for all version rows."""
    made = [
        EntryDraft(
            OUTSIDE, component_of(row.get("application_name") or ""), to_version=row.get("version_number"),
            evidence={"table": RELEASES, "startup": row.get("startup_timestamp"), "row": dict(row)},
        )
        for row in releases
    ]  # fmt: skip
    if versions:
        made.append(EntryDraft(OUTSIDE, "database", evidence={"table": VERSIONS, "rows": [dict(row) for row in versions]}))
    return made


def component_of(application: str) -> str:
    """What release_log_tbl calls an application, as we call its component; one we do not manage keeps its name."""
    if application.startswith("BACKEND-"):
        return "backend"
    return _COMPONENTS.get(application, application.lower() or "unknown")


def _known(site: Site) -> set[tuple[tuple[str, Any], ...]]:
    found = set()
    for entry in site.ledger.entries(kind=OUTSIDE):
        table = str(entry.evidence.get("table"))
        rows = entry.evidence.get("rows") or [entry.evidence.get("row") or {}]
        found |= {_identity(table, row) for row in rows}
    return found


def _identity(table: str, row: Row) -> tuple[tuple[str, Any], ...]:
    return (("", table), *sorted((name, value) for name, value in row.items() if value is not None))
