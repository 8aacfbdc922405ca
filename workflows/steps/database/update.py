"""The database part of a hop: its SQL files by statement, journaled (DESIGN 3.3, facts 5), and what must be mended before one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host.backups import Progress
from workflows.model.errors import UnsettledError, WorkflowError
from workflows.model.parts import BACKUP, DATABASE, STOP
from workflows.model.plans import Hop, PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.sql import files as sql
from workflows.rules.sql.repair import REMEMBERED, repair_notes
from workflows.rules.sql.run import FileResult, in_order
from workflows.rules.sql.script import Script
from workflows.rules.trees import tree_of
from workflows.steps.application.stop import keep_stopped, log_mark_of
from workflows.steps.database.backup import backup_notes, later_id, prove_backup
from workflows.steps.hop import HopStep

_SHOWN = 20  # tables named in a note


@dataclass(frozen=True)
class UpdateDatabase(HopStep):
    """Bring the schema to the hop's release. What no mark and no fingerprint can settle puts the restore point back."""

    hop: Hop
    part: ClassVar[str] = DATABASE

    def prepare(self, ctx: Context) -> Facts:
        """The files to run, told once: the set of what is missing shrinks while they run."""
        versions = ctx.host.database.versions()
        files = in_order(ctx.host.home.sql_files(self._frontend(ctx)), versions)
        return {"files": sql.to_json(files), "versions": sorted(versions)}

    def probe(self, ctx: Context) -> Probe:
        """Never complete by looks: no version row tells of messages and user rights. `do` passes over what is done."""
        return Probe.PARTIAL if ctx.statements.records() else Probe.NOT_STARTED

    def do(self, ctx: Context) -> Done:
        """Run what is not done, see that no mandatory version is missing, remove our marks."""
        ran = keep_stopped(ctx)
        if restart := ctx.intent.get("restart"):
            self._start_again(ctx, restart)
        scripts = sql.read_scripts(ctx, self._frontend(ctx), ctx.intent["files"])
        if not ctx.statements.records():
            if ran or self._is_stale(ctx):
                self._renew_restore_point(ctx)
            ctx.host.database.drop_marks()
        try:
            results = self._run(ctx, scripts)
        except UnsettledError as error:
            self._put_back(ctx, error)
            results = self._run(ctx, scripts)
        after = sql.require_versions(ctx, self._frontend(ctx), self.hop, results, "puts the restore point of this hop back")
        ctx.host.database.drop_marks()
        return self._done(ctx, results, after)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Put the hop's restore point back, once; what would be lost by it is counted and said.

        When no statement was begun there is nothing to take back, and what was written since the dump is kept.
        """
        if not ctx.statements.records() and not ctx.intent.get("restart"):
            return ()
        backup, keep_as = self._backup(ctx), self._keep_as(ctx)
        if not ctx.host.backups.restored(backup, keep_as=keep_as):
            _tell_loss(ctx, backup)
            ctx.host.backups.restore(backup, keep_as=keep_as, progress=_telling(ctx))
        return [LedgerNote("backup-restored", "database", evidence={"backup": backup, "kept_as": keep_as})]

    def _is_stale(self, ctx: Context) -> bool:
        """Whether the application ran, or rows came or went, since the restore point was taken (DESIGN 3.9)."""
        log = ctx.facts_of(f"{self.hop.prefix}.{STOP}").get("log")
        if not ctx.intent.get("backup") and log is not None and log != log_mark_of(ctx):
            return True
        backup = ctx.host.backups.find(self._backup(ctx))
        return backup is None or dict(backup.rows) != dict(ctx.host.database.row_counts())

    def _renew_restore_point(self, ctx: Context) -> None:
        """The SQL begins only on a restore point that holds all that was written: take and prove another one."""
        older = self._backup(ctx)
        made = prove_backup(ctx, later_id(ctx.facts_of(f"{self.hop.prefix}.{BACKUP}")["backup"], ctx.attempt), self.hop.source)
        ctx.remember(backup=made.id)
        ctx.note("the database changed since its restore point; another one was taken and proven", older=older, backup=made.id)

    def _frontend(self, ctx: Context) -> str:
        return tree_of(ctx, self.hop, PackageKind.GUI).folder

    def _backup(self, ctx: Context) -> str:
        backup = ctx.intent.get("backup") or ctx.facts_of(f"{self.hop.prefix}.{BACKUP}").get("backup")
        if not isinstance(backup, str):
            raise WorkflowError(
                f"{self.hop.title} has no restore point", key="restore-point-missing", next=["orchestrate backup list"]
            )
        return backup

    def _keep_as(self, ctx: Context) -> str:
        return f"openemm_kept_{ctx.run.lower()}_h{self.hop.number}"

    def _run(self, ctx: Context, scripts: Sequence[Script]) -> list[FileResult]:
        return sql.run_scripts(ctx, scripts, self.hop.rules)

    def _put_back(self, ctx: Context, error: UnsettledError) -> None:
        """Put the restore point back for a statement that cannot be settled, so that the SQL begins anew."""
        if ctx.facts_of(f"{self.hop.prefix}.{BACKUP}").get("backup") is None:
            raise error
        ctx.note("statement in doubt, the restore point is put back and the SQL begins anew", why=error.message)
        keep_as = f"{self._keep_as(ctx)}_a{ctx.attempt}"
        ctx.remember(restart=keep_as)
        self._start_again(ctx, keep_as)

    def _start_again(self, ctx: Context, keep_as: str) -> None:
        """May be cut off anywhere: it is begun again with the same name as long as it is remembered."""
        backup = self._backup(ctx)
        if not ctx.host.backups.restored(backup, keep_as=keep_as):
            ctx.host.backups.restore(backup, keep_as=keep_as, progress=_telling(ctx))
        ctx.statements.forget()
        ctx.remember(**{"restart": None, REMEMBERED: None})

    def _done(self, ctx: Context, results: Sequence[FileResult], after: frozenset[str]) -> Done:
        before = len(ctx.intent["versions"])
        facts = sql.facts_of(results, before, len(after))
        evidence = sql.evidence_of(results, facts)
        newer = ctx.host.backups.find(ctx.intent["backup"]) if ctx.intent.get("backup") else None
        renewed = backup_notes(newer) if newer else []
        note = LedgerNote("database-updated", "database", self.hop.source, self.hop.target.version, evidence)
        return Done(
            f"{len(results)} files, {facts['statements']} statements, {len(after) - before} new versions",
            facts,
            [*renewed, *repair_notes(ctx, self.hop.rules), note],
        )


def _telling(ctx: Context) -> Progress:
    return lambda done, total: ctx.report("restoring the dump", done, total)


def _tell_loss(ctx: Context, backup: str) -> None:
    """Say how the tables differ from the dump: what was written since would be lost."""
    found = ctx.host.backups.find(backup)
    try:
        now = ctx.host.database.row_counts()
    except WorkflowError as error:
        ctx.note("data lost by the undo is not known", why=error.message)
        return
    then = found.rows if found else {}
    changed = {table: [then.get(table, 0), now.get(table, 0)] for table in sorted({*then, *now})}
    changed = {table: rows for table, rows in changed.items() if rows[0] != rows[1]}
    if changed:
        more = sum(max(0, after - before) for before, after in changed.values())
        ctx.note("data-lost-by-undo", tables=dict(list(changed.items())[:_SHOWN]), tables_changed=len(changed), rows_added=more)
    else:
        ctx.note("nothing lost")
