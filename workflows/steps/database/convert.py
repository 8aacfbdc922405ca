"""Tables from format Compact to Dynamic, one after the other, each remembered durably (guide 7.6, facts 5.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host.database import DYNAMIC
from workflows.model.errors import WorkflowError
from workflows.model.parts import BACKUP, VERIFY
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.steps.hop import HopStep

_SHOWN = 20  # tables named


@dataclass(frozen=True)
class ConvertTables(HopStep):
    """Convert every table that is Compact, one after the other; each one that is done is remembered."""

    hop: Hop
    part: ClassVar[str] = "tables"

    def prepare(self, ctx: Context) -> Facts:
        """The tables with their bytes, as they are now."""
        return {"tables": dict(ctx.host.database.formats().compact), "done": [], "begun": False}

    def probe(self, ctx: Context) -> Probe:
        """By the formats; what was remembered does not count."""
        if not ctx.host.database.formats().compact:
            return Probe.COMPLETE
        return Probe.PARTIAL if ctx.intent["begun"] else Probe.NOT_STARTED

    def do(self, ctx: Context) -> Done:
        """Convert what is still Compact, and only while the restore point holds all rows.

        Raises:
            WorkflowError: "application-running", "restore-point-missing", "restore-point-stale", "convert-failed".
        """
        _require_restore_point(ctx, self.hop)
        database, tables = ctx.host.database, ctx.intent["tables"]
        left = database.formats().compact
        done = [table for table in tables if table not in left]
        for table in left:
            ctx.pause_point()
            ctx.report(table, len(done), len({*done, *left}))
            if not ctx.intent["begun"]:
                ctx.remember(begun=True)
            database.convert(table)
            done.append(table)
            ctx.remember(done=done)
        return self.observed(ctx)

    def observed(self, ctx: Context) -> Done:
        """How many."""
        tables: Mapping[str, int] = ctx.intent["tables"]
        return Done(f"{len(tables)} converted to {DYNAMIC}", {"tables": len(tables), "bytes": sum(tables.values())})

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Put the restore point back, in place of a database some of whose tables may be converted; that one is kept.

        Nothing when no table was begun.
        """
        if not ctx.intent.get("begun"):
            return ()
        backup = _backup(ctx, self.hop)
        keep_as = f"openemm_kept_{ctx.run.lower()}_{self.hop.prefix}"
        if not ctx.host.backups.restored(backup, keep_as=keep_as):
            if changed := _changed(ctx, backup):
                ctx.note("data-lost-by-undo", tables=dict(list(changed.items())[:_SHOWN]), tables_changed=len(changed))
            ctx.host.backups.restore(backup, keep_as=keep_as, progress=lambda at, of: ctx.report("restoring the dump", at, of))
        return [LedgerNote("backup-restored", "database", evidence={"backup": backup, "kept_as": keep_as})]

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """The rows: a conversion that fails leaves its table as it was."""
        if not ctx.intent.get("begun"):
            return ("the database: no table was converted",)
        backup = ctx.facts_of(f"{self.hop.prefix}.{BACKUP}").get("backup")
        return (
            f"all rows: {len(ctx.intent['done'])} of {len(ctx.intent['tables'])} tables are converted, the others as they were",
            f"backup {backup}, restored and compared",
        )


@dataclass(frozen=True)
class ProveFormats(HopStep):
    """No table is Compact any more, and every table has the rows that it had in the restore point."""

    hop: Hop
    part: ClassVar[str] = VERIFY

    def do(self, ctx: Context) -> Done:
        """Look again, and record.

        Raises:
            WorkflowError: "tables-still-compact", "restore-point-stale".
        """
        found = ctx.host.database.formats()
        if found.compact:
            raise WorkflowError(
                f"{len(found.compact)} tables are still in format Compact",
                key="tables-still-compact", detail=list(found.compact)[:25],
                next=["orchestrate abort    puts the restore point back; then begin again"],
            )  # fmt: skip
        _require_restore_point(ctx, self.hop)
        facts = ctx.facts_of(f"{self.hop.prefix}.tables")
        backup = _backup(ctx, self.hop)
        evidence = {**facts, "backup": backup, "counts": dict(found.counts), "server": found.server, "view": found.view}
        return Done(
            "no table is Compact, all rows are there", ledger=[LedgerNote("tables-converted", "database", evidence=evidence)]
        )


def _require_restore_point(ctx: Context, hop: Hop) -> None:
    """The restore point holds every row: nothing was written since the stop, and a conversion writes none."""
    ways = ["orchestrate abort    keeps the database as it is unless a table was converted; then begin again"]
    state = ctx.host.application.state()
    if state.frontend or state.backend:
        raise WorkflowError("cannot convert tables: the application runs", key="application-running", next=ways)
    if changed := _changed(ctx, _backup(ctx, hop)):
        raise WorkflowError(
            f"cannot convert tables: {len(changed)} tables changed since the restore point",
            key="restore-point-stale", next=ways,
            detail=[f"{table}: {rows[0]} rows in the dump, {rows[1]} now" for table, rows in list(changed.items())[:_SHOWN]],
        )  # fmt: skip


def _backup(ctx: Context, hop: Hop) -> str:
    backup = ctx.facts_of(f"{hop.prefix}.{BACKUP}").get("backup")
    if not isinstance(backup, str):
        raise WorkflowError("there is no restore point", key="restore-point-missing", next=["orchestrate backup list"])
    return backup


def _changed(ctx: Context, backup: str) -> dict[str, list[int]]:
    """Tables whose rows are not as many as in the backup: then and now."""
    found = ctx.host.backups.find(backup)
    then, now = (found.rows if found else {}), ctx.host.database.row_counts()
    return {t: [then.get(t, 0), now.get(t, 0)] for t in sorted({*then, *now}) if then.get(t) != now.get(t)}
