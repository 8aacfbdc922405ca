"""Runs a file's statements so that each has effect once, whenever the process is cut off (DESIGN 3.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workflows.host.database import SqlError, SqlSession
from workflows.host.home import SqlFile, SqlKind
from workflows.model.errors import WorkflowError
from workflows.model.plans import BenignError
from workflows.model.step import Context, StatementRecord, StatementState
from workflows.rules.sql.classify import Classified, Kind, Settling, sets_definition
from workflows.rules.sql.script import Script
from workflows.rules.sql.settle import Values, effective, has_run, remake, source_text

_TOLD_EVERY = 100  # statements, of files that hold thousands of small ones
AS_A_WHOLE = (SqlKind.MESSAGES, SqlKind.USERRIGHTS)  # files that may run again from their start; others run by statement
WHOLE = -1  # the position of the one record of a file that runs as a whole
Told = Callable[[int], None]  # told of a statement (0-based) before it runs


@dataclass(frozen=True)
class FileResult:
    """How a file went. seconds: None when a part of it ran before an interruption, so that it is not known."""

    file: SqlFile
    statements: int
    benign: tuple[str, ...]
    seconds: float | None


def in_order(files: Sequence[SqlFile], versions: frozenset[str]) -> list[SqlFile]:
    """The files to run, in the order of the vendor's runner since 20.04 (facts 5.4, 20.3).

    Messages, missing updates, user rights; from 22.10 on the migration behind them, whatever the database has.

    versions: those the database has; what is missing is a set difference, never a comparison (facts 13.1).
    """
    messages = [file for file in files if file.kind is SqlKind.MESSAGES]
    updates = [file for file in files if file.kind is SqlKind.UPDATE and file.version not in versions]
    last = [file for kind in (SqlKind.USERRIGHTS, SqlKind.MIGRATION) for file in files if file.kind is kind]
    return [
        *sorted(messages, key=lambda file: (not file.name.endswith("-messages.sql"), file.name)),
        *sorted(updates, key=lambda file: file.name),
        *last,
    ]


def full_schema(files: Sequence[SqlFile]) -> list[SqlFile]:
    """The files that make an empty database into a schema: the basic one, then those of an edition (facts 2.3)."""
    full = [file for file in files if file.kind is SqlKind.FULL]
    return sorted(full, key=lambda file: (not file.name.endswith("-basic.sql"), file.name))


def run_script(ctx: Context, script: Script, benign: Sequence[BenignError], told: Told) -> FileResult:
    """Run a file to its end, from where an earlier attempt left it.

    Raises:
        WorkflowError: "sql-failed", "sql-file-changed".
        UnsettledError: a statement in doubt cannot be settled; the restore point must be put back.
    """
    how = _Whole if script.file.kind in AS_A_WHOLE else _ByStatement
    try:
        return how(ctx, script, benign, told).run()
    except SqlError as error:
        raise WorkflowError(f"cannot run {script.file.name}: {error}", key="sql-failed", next=["orchestrate resume"]) from error


class _Run:
    def __init__(self, ctx: Context, script: Script, benign: Sequence[BenignError], told: Told) -> None:
        self.ctx = ctx
        self.script = script
        self.told = told
        self.journal = ctx.statements
        self.records = {r.position: r for r in self.journal.records() if r.file == script.file.name}
        self._benign = [b for b in benign if b.version == script.file.version and b.sha256 in {None, script.file.sha256}]

    def record(self, position: int, state: StatementState) -> StatementRecord:
        file = self.script.file
        digest = file.sha256 if position == WHOLE else self.script.statements[position].digest
        return StatementRecord(file.name, position, digest, state)

    def mark(self, position: int) -> str:
        return f"{self.ctx.run}/{self.script.file.name}/{position}"

    def known_benign(self, error: SqlError) -> BenignError | None:
        return next((known for known in self._benign if error.errno == known.errno and known.object in error.text), None)

    def check_unchanged(self) -> None:
        for position, record in self.records.items():
            if position >= len(self.script.statements) or record.digest != self.record(position, record.state).digest:
                raise file_changed(self.script.file)

    def result(self, began: float | None) -> FileResult:
        benign = tuple(r.error or "" for r in self.records.values() if r.state is StatementState.BENIGN)
        seconds = None if began is None else round(time.monotonic() - began, 3)
        return FileResult(self.script.file, len(self.script.statements), benign, seconds)

    def failed(self, at: int, error: SqlError, *, again: str) -> WorkflowError:
        statement = self.script.statements[at]
        place = f"statement {at + 1} of {len(self.script.statements)}, line {statement.line}"
        return WorkflowError(
            f"cannot run {self.script.file.name}, {place}: {error}",
            key="sql-failed",
            detail=[f"errno {error.errno}", statement.text[:300]],
            next=[f"orchestrate resume    {again}"],
        )


class _ByStatement(_Run):
    """An update, migration or full schema file. Each record of what was done is written together with that of what comes next."""

    def run(self) -> FileResult:
        self.check_unchanged()
        at = 0
        while (record := self.records.get(at)) and record.state is not StatementState.DOING:
            at += 1
        began = None if self.records else time.monotonic()
        if at < len(self.script.statements):
            self._session = self.ctx.host.database.session()
            self._prepared: dict[str, str | None] = {}
            self._values: Values = {}
            self._finished: list[StatementRecord] = []
            try:
                self._go_on(at)
            finally:
                if self._finished:
                    self.journal.write(*self._finished)
                self._session.close()
        return self.result(began)

    def _go_on(self, at: int) -> None:
        self._prepared = remake(self.script, self._session, self.records, at)
        self._values = self.records[at - 1].session if at else {}
        if at in self.records and self._settled(at):
            at += 1
            if at < len(self.script.statements):
                self._prepared = remake(self.script, self._session, self.records, at)
        for position in range(at, len(self.script.statements)):
            self.told(position)
            if self.script.gap(position) is None:
                self.ctx.pause_point()
            self._execute(position)

    def _settled(self, at: int) -> bool:
        """Whether the statement in doubt has run; if so, it is recorded."""
        kind = effective(self.script, at, self._prepared, self._values)
        if not has_run(self.script, at, kind, self.records[at], self._session, mark=self.mark(at)):
            return False
        if kind.settling is Settling.MARK:
            self._values = self._session.kept(self.mark(at))
        self._finish(at, StatementState.DONE)
        self.ctx.note("statement in doubt had run", file=self.script.file.name, statement=at + 1, told_by=kind.settling.value)
        return True

    def _execute(self, at: int) -> None:
        kind = effective(self.script, at, self._prepared, self._values)
        marked = kind.settling is Settling.MARK and not self.script.bare(at)
        fingerprint = self._session.fingerprint(kind.objects) if kind.settling is Settling.FINGERPRINT else None
        doing = replace(self.record(at, StatementState.DOING), fingerprint=fingerprint)
        self.journal.write(*self._finished, doing)
        self._finished = []
        try:
            if kind.kind is not Kind.TRANSACTION and not self._is_gone(at):
                text = self.script.statements[at].text
                self._session.execute(text, self.mark(at) if marked else None, self.script.names if marked else ())
        except SqlError as error:
            known = self.known_benign(error)
            if known is None:
                self.journal.write(replace(doing, error=str(error)))
                raise self.failed(at, error, again=self._again(kind)) from error
            self.ctx.note(
                f"harmless error, known of this file ({known.source})",
                file=self.script.file.name,
                statement=at + 1,
                error=str(error),
            )
            self._finish(at, StatementState.BENIGN, str(error))
            return
        self._after(at)
        self._finish(at, StatementState.DONE)

    def _after(self, at: int) -> None:
        kind = self.script.kinds[at]
        if kind.kind is Kind.PREPARE and kind.prepared is not None:
            self._prepared[kind.prepared] = source_text(kind, self._values)
        elif kind.kind is Kind.DEALLOCATE:
            self._prepared.pop(kind.prepared or "", None)
        next_reads = any(following.row_count for following in self.script.kinds[at + 1 : at + 2])
        if self.script.names:
            self._values = {} if next_reads else self._session.session_values(self.script.names)

    def _is_gone(self, at: int) -> bool:
        """Whether what is to be deallocated was prepared in a session before, and is not needed in this one."""
        kind = self.script.kinds[at]
        if kind.kind is not Kind.DEALLOCATE or kind.prepared in self._prepared:
            return False
        return any(k.kind is Kind.PREPARE and k.prepared == kind.prepared for k in self.script.kinds[:at])

    def _finish(self, at: int, state: StatementState, error: str | None = None) -> None:
        record = replace(self.record(at, state), session=self._values, error=error)
        self.records[at] = record
        self._finished = [record]

    def _again(self, kind: Classified) -> str:
        if kind.settling is Settling.RESTORE:
            return "once the cause is gone; puts the restore point of this hop back and runs its SQL from the start"
        return "once the cause is gone; runs this very statement again"


class _Whole(_Run):
    """A messages or userrights file: it may run again from its start, and its DML is one transaction (facts 5.3)."""

    def run(self) -> FileResult:
        record = self.records.get(WHOLE)
        if record is not None and record.digest != self.script.file.sha256:
            raise file_changed(self.script.file)
        if record is not None and record.state is StatementState.DONE:
            return self.result(None)
        began = time.monotonic()
        self.ctx.pause_point()
        session = self.ctx.host.database.session()
        try:
            if record is None or record.error is not None or not session.marked(self.mark(WHOLE)):
                self.journal.write(self.record(WHOLE, StatementState.DOING))
                self._execute_all(session)
            self.journal.write(self.record(WHOLE, StatementState.DONE))
        finally:
            session.close()
        return self.result(began)

    def _execute_all(self, session: SqlSession) -> None:
        at = 0
        begun = False
        try:
            for at, statement in enumerate(self.script.statements):
                if at % _TOLD_EVERY == 0:
                    self.told(at)
                definition = sets_definition(statement.text)
                if not definition and not begun:
                    session.execute("START TRANSACTION")
                begun = not definition
                session.execute(statement.text)
            session.execute("DO 0", self.mark(WHOLE))
        except SqlError as error:
            self.journal.write(replace(self.record(WHOLE, StatementState.DOING), error=str(error)))
            raise self.failed(at, error, again="once the cause is gone; runs this file again from its start") from error


def file_changed(file: SqlFile) -> WorkflowError:
    """The error for a file that is not what it was when it was begun."""
    return WorkflowError(
        f"cannot go on with {file.name}: it was changed since the run began it",
        key="sql-file-changed",
        next=["orchestrate resume    once the file is again what the package holds"],
    )
