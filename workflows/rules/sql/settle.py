"""After a crash: what became of the statement in doubt, and the session as it was (DESIGN 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

from workflows.host.database import SqlError, SqlSession
from workflows.model.errors import UnsettledError
from workflows.model.step import StatementRecord
from workflows.rules.sql.classify import Classified, Kind, Settling, classify
from workflows.rules.sql.script import Script

Values = Mapping[str, str | int | None]
Records = Mapping[int, StatementRecord]


def unsettled(script: Script, at: int, why: str) -> UnsettledError:
    """The error that has the restore point put back."""
    statement = script.statements[at]
    return UnsettledError(
        f"cannot go on in {script.file.name} with statement {at + 1} of {len(script.statements)}, line {statement.line}: {why}",
        detail=[statement.text[:300]],
        next=["orchestrate resume    puts the restore point of this hop back and runs its SQL from the start"],
    )


def effective(script: Script, at: int, prepared: Mapping[str, str | None], values: Values) -> Classified:
    """What a statement really is: EXECUTE is what it executes, where that is known."""
    kind = script.kinds[at]
    if kind.kind is not Kind.EXECUTE:
        return kind
    text = prepared.get(kind.prepared) if kind.prepared else source_text(kind, values)
    return kind if text is None else classify(text)


def source_text(kind: Classified, values: Values) -> str | None:
    """The text that PREPARE or EXECUTE IMMEDIATE takes, where it is known."""
    if kind.source is not None:
        return kind.source
    value = values.get(kind.source_variable or "")
    return None if value is None else str(value)


def remake(script: Script, session: SqlSession, records: Records, at: int) -> dict[str, str | None]:
    """Make a new session as the old one was before a statement, from what the journal holds.

    Returns:
        The texts of the statements that are prepared in it.

    Raises:
        UnsettledError: it cannot be made.
    """
    if why := script.gap(at):
        raise unsettled(script, at, why)
    prepared: dict[str, str | None] = {}
    try:
        for i in script.to_replay(at):
            before = _values_before(script, records, i, script.kinds[i].variables)
            session.set_session_values(before)
            session.execute(script.statements[i].text)
            if (name := script.kinds[i].prepared) is not None:
                prepared[name] = source_text(script.kinds[i], before)
        session.set_session_values(_values_before(script, records, at, script.names))
    except SqlError as error:
        raise unsettled(script, at, f"the session cannot be made again: {error}") from error
    return prepared


def _values_before(script: Script, records: Records, at: int, names: frozenset[str]) -> Values:
    values: Values = records[at - 1].session if at else {}
    if at and (lost := names - values.keys()):
        raise unsettled(script, at, f"the value of {min(lost)} was lost with the session")
    return values


def has_run(script: Script, at: int, kind: Classified, record: StatementRecord, session: SqlSession, *, mark: str) -> bool:
    """Whether the statement in doubt was committed.

    Raises:
        UnsettledError: nothing can tell.
    """
    settling = Settling.RESTORE if script.bare(at) and kind.settling is Settling.MARK else kind.settling
    if settling is Settling.RESTORE:
        why = f"it failed ({record.error}) and may have done a part" if record.error else "nothing can tell whether it has run"
        raise unsettled(script, at, why)
    if record.error is not None or settling is Settling.REPEAT:
        return False
    if settling is Settling.MARK:
        return session.marked(mark)
    return session.fingerprint(kind.objects) != record.fingerprint
