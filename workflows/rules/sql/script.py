"""An SQL file read, split and understood: what of it hangs on the session it runs in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workflows.host.home import SqlFile
from workflows.model.errors import WorkflowError
from workflows.rules.sql.classify import Classified, Kind, classify
from workflows.rules.sql.splitter import Statement, split


@dataclass(frozen=True)
class Script:
    """A file's statements. `kinds` is empty for a file that runs as a whole.

    names: user variables (and LAST_INSERT_ID) whose values are journaled after each statement.
    """

    file: SqlFile
    statements: tuple[Statement, ...]
    kinds: tuple[Classified, ...] = ()
    names: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """How people call it: an update by its version."""
        return self.file.version or self.file.name

    def bare(self, at: int) -> bool:
        """Whether nothing may come between this statement and a neighbour: one of them reads what the other left."""
        return any(kind.row_count for kind in self.kinds[at : at + 2])

    def gap(self, at: int) -> str | None:
        """Why a new session cannot go on with this statement, or None."""
        if at == 0 or at == len(self.statements):
            return None
        if self.kinds[at].row_count:
            return "it reads what the statement before it left in the session"
        alive: set[str] = set()
        for kind in self.kinds[:at]:
            alive = (alive | kind.makes) - kind.ends
        return f"temporary table {min(alive)} was lost with the session" if alive else None

    def to_replay(self, at: int) -> Sequence[int]:
        """The statements before this one whose effect on the session is needed from here on: settings and what is prepared."""
        needed = {kind.prepared for kind in self.kinds[at:] if kind.kind is Kind.EXECUTE and kind.prepared}
        prepared: dict[str | None, int] = {}
        for i, kind in enumerate(self.kinds[:at]):
            if kind.kind is Kind.PREPARE:
                prepared[kind.prepared] = i
            elif kind.kind is Kind.DEALLOCATE:
                prepared.pop(kind.prepared, None)
        settings = [i for i, kind in enumerate(self.kinds[:at]) if kind.kind is Kind.SESSION]
        return sorted([*settings, *(i for name, i in prepared.items() if name in needed)])


def read_script(file: SqlFile, text: str, *, whole: bool) -> Script:
    """Read a file. whole: it is not run statement by statement, so that nothing of it need be understood.

    Raises:
        SplitError: it cannot be split.
        WorkflowError: "sql-not-supported", it rolls back what this tool commits.
    """
    statements = tuple(split(text, file.name))
    if whole:
        return Script(file, statements)
    kinds = tuple(classify(statement.text) for statement in statements)
    for statement, kind in zip(statements, kinds, strict=True):
        if kind.kind is Kind.REFUSED:
            raise WorkflowError(
                f"cannot run {file.name} by statement: {statement.text.split()[0].upper()} in line {statement.line}",
                key="sql-not-supported",
                unharmed=["no statement of this step was run"],
            )
    return Script(file, statements, kinds, frozenset().union(*(kind.variables for kind in kinds)))
