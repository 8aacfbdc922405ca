"""What an audit asks of the ledger, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from orchestrator.views.document import Count, Stamp
from state.chain import Head
from state.verify import Problem
from workflows.model.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from orchestrator.runs.checkpoints import Kept
    from orchestrator.runs.site import Site
    from state.ledger import Entry, Verdict


@dataclass(frozen=True)
class Ledger:
    """Whether the chain is sound."""

    sound: bool
    entries: Count
    """How many are good."""
    head: Head | None
    problem: Problem | None

    @classmethod
    def of(cls, verdict: Verdict) -> Ledger:
        """The verdict as it is told."""
        return cls(verdict.problem is None, verdict.entries, verdict.head, verdict.problem)


@dataclass(frozen=True)
class Held:
    """A checkpoint that the ledger was held against."""

    seq: Count
    hash: str
    time: datetime
    path: str

    @classmethod
    def of(cls, kept: Kept | None) -> Held | None:
        """The checkpoint as it is told, if there is one."""
        return cls(kept.head.seq, kept.head.hash, kept.head.time, str(kept.path)) if kept else None


@dataclass(frozen=True, kw_only=True)
class Verified:
    """The ledger, verified from its first entry on."""

    schema: Literal["orchestrate.audit-verify/1"] = "orchestrate.audit-verify/1"
    ledger: Ledger
    checkpoint: Held | None
    """What the ledger was held against; null when there was none."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a ledger ends, as a checkpoint's file has it."""

    site: str
    seq: Count
    hash: str
    time: Stamp


@dataclass(frozen=True, kw_only=True)
class CheckpointMade:
    """A checkpoint that was made."""

    schema: Literal["orchestrate.audit-checkpoint/1"] = "orchestrate.audit-checkpoint/1"
    changed: bool = True
    checkpoint: Checkpoint
    path: str
    journald: bool
    """Whether the system's journal took it too."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """The ledger in a folder, for an auditor."""

    schema: Literal["orchestrate.audit-export/1"] = "orchestrate.audit-export/1"
    changed: bool = True
    path: str
    files: tuple[str, ...]
    ledger: Ledger


@dataclass(frozen=True, kw_only=True)
class EvidenceImported:
    """What was taken over from the application's own tables, as outside evidence."""

    schema: Literal["orchestrate.audit-import/1"] = "orchestrate.audit-import/1"
    changed: bool
    releases: Count
    """Rows of release_log_tbl that were new."""
    versions: Count
    """Rows of agn_dbversioninfo_tbl that were new."""
    known: Count
    """Rows the ledger had already."""


def entry_at(site: Site, seq: int) -> Entry | None:
    """The entry that now stands at that place, or None when none does, or none that can be read."""
    try:
        found = next(iter(site.ledger.entries(after_seq=seq - 1)), None)
    except (ValueError, TypeError):
        return None
    return found if found is not None and found.seq == seq else None


def sound_head(site: Site) -> Head:
    """The head of a ledger that is unbroken.

    Raises:
        UsageError: "ledger-empty".
        RefusedError: "ledger-broken": a checkpoint would vouch for what was tampered with.
    """
    verdict = site.ledger.verify()
    if verdict.problem is not None:
        raise RefusedError(
            f"cannot vouch for a ledger that is broken at entry {verdict.problem.seq}",
            key="ledger-broken", next=["orchestrate audit verify    what is wrong with it"],
        )  # fmt: skip
    if verdict.head is None:
        raise UsageError("the ledger is empty", key="ledger-empty", next=["orchestrate audit import    begins it"])
    return verdict.head
