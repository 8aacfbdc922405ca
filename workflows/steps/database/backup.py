"""The restore point of a hop: dumped behind its stop, and proven by a test restore before any of its SQL (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from workflows.host.backups import Backup, Progress
from workflows.model.errors import WorkflowError
from workflows.model.parts import BACKUP
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep

REFUTED = ("backup-does-not-restore", "backup-differs", "backup-corrupt")  # what no second look at the same dump mends
_UNIT = 1000
_SMALL = 10  # below it a decimal is shown


@dataclass(frozen=True)
class BackUpDatabase(HopStep):
    """Dump the database, restore the dump into an empty server, compare."""

    hop: Hop
    part: ClassVar[str] = BACKUP

    def prepare(self, ctx: Context) -> Facts:
        """The backup's id, of this run and hop alone."""
        return {"backup": f"{ctx.run}-{self.hop.prefix}"}

    def probe(self, ctx: Context) -> Probe:
        """Complete once it is proven and nothing ran since; a dump that was cut off counts for nothing."""
        found = ctx.host.backups.find(ctx.intent["backup"])
        if found is None:
            return Probe.NOT_STARTED
        state = ctx.host.application.state()
        return Probe.COMPLETE if found.verified and not (state.frontend or state.backend) else Probe.PARTIAL

    def do(self, ctx: Context) -> Done:
        """Dump what is not dumped yet, prove what is not proven yet.

        Anew when something ran since an earlier attempt, or when the proof has refuted its dump: the database was mended since.
        """
        outdated = keep_stopped(ctx) or ctx.intent.get("refuted", False)
        if outdated and ctx.host.backups.find(ctx.intent["backup"]):
            ctx.remember(backup=later_id(ctx.intent["backup"], ctx.attempt), refuted=False)
        try:
            return self._done(ctx, prove_backup(ctx, ctx.intent["backup"], self.hop.source))
        except WorkflowError as error:
            if error.error_key in REFUTED:
                ctx.remember(refuted=True)
            raise

    def observed(self, ctx: Context) -> Done:
        """What `do` would have said."""
        found = ctx.host.backups.find(ctx.intent["backup"])
        if found is None:
            raise WorkflowError(
                f"backup {ctx.intent['backup']} is gone", key="backup-not-found", next=["orchestrate backup list"]
            )
        return self._done(ctx, found)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """A backup is never undone: it stays, and nothing on the host was changed by it."""
        if ctx.intent and ctx.host.backups.find(ctx.intent["backup"]):
            ctx.report(f"backup {ctx.intent['backup']} is kept")
        return ()

    def _done(self, ctx: Context, backup: Backup) -> Done:
        """With the schema that the first hop leaves behind: no earlier hop has recorded it."""
        done = _done(backup)
        if self.hop.number > 1:
            return done
        schema = {table: list(columns) for table, columns in ctx.host.database.schema().items()}
        note = LedgerNote("schema-fingerprint", "database", to_version=self.hop.source, evidence={"tables": schema})
        return replace(done, ledger=[*done.ledger, note])


def later_id(backup: str, attempt: int) -> str:
    """The id of a restore point that takes the place of an older one of the same hop."""
    return f"{backup}-{attempt}"


def prove_backup(ctx: Context, backup: str, release: str) -> Backup:
    """A dump of the stopped application under this id, restored into an empty server and compared; what is there is used."""
    made = ctx.host.backups.create(
        backup, release, quiesced=True, checkpoint=ctx.checkpoint, progress=_telling(ctx, "writing the dump")
    )
    ctx.pause_point()
    if made.verified is None:
        made = ctx.host.backups.verify(backup, _telling(ctx, "restoring it into an empty server"))
    return made


def backup_notes(backup: Backup) -> list[LedgerNote]:
    """What the ledger keeps of a proven backup."""
    evidence = _evidence(backup)
    proof = {
        **backup.proof,
        "versions": sorted(backup.versions),
        "server": backup.server,
        "restored_into": backup.proof.get("server"),
    }
    return [
        LedgerNote("backup-created", "database", to_version=backup.release, evidence=evidence),
        LedgerNote("backup-verified", "database", to_version=backup.release, evidence={**evidence, "proof": proof}),
    ]


def _telling(ctx: Context, message: str) -> Progress:
    return lambda done, total: ctx.report(message, done, total)


def _done(backup: Backup) -> Done:
    summary = f"{_size(backup.size)}, restored and compared: {len(backup.rows)} tables equal"
    return Done(summary, _evidence(backup), backup_notes(backup))


def _evidence(backup: Backup) -> Facts:
    rows = sum(backup.rows.values())
    return {"backup": backup.id, "sha256": backup.sha256, "size": backup.size, "rows_total": rows, "seconds": backup.seconds}


def _size(count: float) -> str:
    """Bytes for people: 812 B, 1.2 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < _UNIT:
            return f"{count:.1f} {unit}" if unit != "B" and count < _SMALL else f"{count:.0f} {unit}"
        count /= _UNIT
    return f"{count:.1f} TB"
