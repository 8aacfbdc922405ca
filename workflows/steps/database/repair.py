"""The damage that a killed start leaves for ever, mended as facts 17.4 tells. Only with the application stopped."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from workflows.model.plans import Hop
from workflows.model.step import Context, LedgerNote
from workflows.rules.proof import JOB_IN_PROGRESS, LAYOUT_ITEMS


def repair_damage(ctx: Context, hop: Hop) -> list[LedgerNote]:
    """Empty a layout_tbl that is half filled, and set startup jobs from state 1 back to 0; what was done, for the ledger."""
    done: dict[str, Any] = {}
    database = ctx.host.database
    if "layout" in hop.rules.migrates and _half_filled(database.layout_items()):
        database.empty_layout()
        done["layout"] = "emptied, to be filled by the next start"
    if "startup-jobs" in hop.rules.migrates:
        stuck = [job.id for job in database.startup_jobs() if job.enabled and job.state == JOB_IN_PROGRESS]
        for job in stuck:
            database.reset_startup_job(job)
        if stuck:
            done["startup_jobs"] = stuck
    if not done:
        return []
    ctx.note("damage of a killed start repaired", **done)
    return [LedgerNote("database-repaired", "database", evidence=done)]


def _half_filled(items: dict[str, bool] | Any) -> bool:
    present: Collection[str] = [item for item in LAYOUT_ITEMS if items.get(item)]
    return bool(items) and len(present) < len(LAYOUT_ITEMS)
