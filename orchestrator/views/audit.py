"""Questions an audit asks of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.model.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.ledger import Entry, Head


def entry_at(site: Site, seq: int) -> Entry | None:
    """The entry that now stands at that place, or None when none does, or none that can be read."""
    found = next(iter(site.ledger.entries(after_seq=seq - 1)), None)
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
