"""The database of a rollback: beside, compared, swapped in; what it replaces is kept (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host.backups import Progress
from workflows.model.errors import WorkflowError
from workflows.model.moves import RestorePoint
from workflows.model.parts import RESTORE
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.loss import written_since
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep

KEPT = "openemm_kept"
BACK = "_back"  # behind the kept database's name: what an undo took out again
_SHOWN = 20  # tables named


@dataclass(frozen=True)
class RestoreDatabase(HopStep):
    """Put a dump, or a database that was kept, in the place of the present one."""

    hop: Hop
    point: RestorePoint
    part: ClassVar[str] = RESTORE

    def prepare(self, ctx: Context) -> Facts:
        """The name under which the present database is kept, with its run and date; and what it holds beyond the other."""
        keep_as = f"{KEPT}_{ctx.run.lower()}_{ctx.host.system.now():%Y%m%d}"
        return {"keep_as": keep_as, "left_behind": left_behind(ctx, self.point)}

    def probe(self, ctx: Context) -> Probe:
        """By the record of the swap and the database itself."""
        backups, keep_as = ctx.host.backups, ctx.intent["keep_as"]
        if self.point.kept:
            over = backups.restored_kept(self.point.kept, keep_as=keep_as)
        else:
            over = backups.restored(self.point.backup or "", keep_as=keep_as)
        return Probe.COMPLETE if over else Probe.PARTIAL

    def do(self, ctx: Context) -> Done:
        """Restore; goes on where an earlier attempt was cut off."""
        keep_stopped(ctx)
        backups, keep_as = ctx.host.backups, ctx.intent["keep_as"]
        if self.point.kept:
            backups.restore_kept(self.point.kept, keep_as=keep_as, progress=_telling(ctx, "putting the kept database back"))
        else:
            backups.restore(self.point.backup or "", keep_as=keep_as, progress=_telling(ctx, "restoring the dump"))
        return self.observed(ctx)

    def observed(self, ctx: Context) -> Done:
        """What is in place now, and where the other is."""
        keep_as = ctx.intent["keep_as"]
        rows = sum(self.point.rows.values())
        evidence: Facts = {
            "backup": self.point.backup,
            "kept": self.point.kept,
            "kept_as": keep_as,
            "taken": self.point.taken.isoformat(),
            "rows_total": rows,
            "versions": len(self.point.versions),
            "left_behind": ctx.intent["left_behind"],
        }
        note = LedgerNote("backup-restored", "database", self.hop.source, self.hop.target.version, evidence)
        return Done(f"{len(self.point.rows)} tables equal; replaced: {keep_as}", {"kept_as": keep_as}, [note])

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Put the kept database back; what was restored, with all that was written since, is kept in its turn."""
        if not ctx.intent:
            return ()
        keep_stopped(ctx)
        keep_as = ctx.intent["keep_as"]
        back = keep_as + BACK
        if not ctx.host.backups.take_back(keep_as, keep_as=back, progress=_telling(ctx, "putting the database back")):
            return ()
        evidence = {"kept": keep_as, "kept_as": back}
        return [LedgerNote("backup-restored", "database", self.hop.target.version, self.hop.source, evidence)]


def left_behind(ctx: Context, point: RestorePoint) -> Facts:
    """Rows per table that people wrote since, and that the other database does not hold; or why they cannot be counted."""
    try:
        now = ctx.host.database.row_counts()
    except WorkflowError as error:
        return {"unknown": error.message}
    more = written_since(point, now)
    return {"rows": sum(more.values()), "tables": dict(list(more.items())[:_SHOWN])}


def _telling(ctx: Context, message: str) -> Progress:
    return lambda done, total: ctx.report(message, done, total)
