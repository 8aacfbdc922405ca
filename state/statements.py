"""The journal of SQL statements of one step (DESIGN 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from state.connector import Connector
from state.schema import statements
from state.texts import json_text, text_json
from state.upsert import upsert

_PLACE = ("run", "step", "file", "position")
_PROGRESS = ("digest", "state", "fingerprint", "session", "error")
_HERE = (statements.c.run == bindparam("b_run"), statements.c.step == bindparam("b_step"))
_RECORDS = select(statements).where(*_HERE).order_by(statements.c.number)
_FORGET = delete(statements).where(*_HERE)


@dataclass(frozen=True)
class StatementRow:
    """One statement of an update file.

    position: 0-based within the file. digest: SHA-256 of its text (hex). state: doing, done or benign. fingerprint: of what it
    touches, taken before it ran. session: what it left in the session, for a resume in mid-file.
    """

    file: str
    position: int
    digest: str
    state: str
    fingerprint: str | None = None
    session: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


class StatementLog:
    """The statements of one step of one run."""

    def __init__(self, connector: Connector, run_id: str, step: str) -> None:
        """Take the store's connection and name the step."""
        self._connector = connector
        self._run, self._step = run_id, step
        self._upsert = upsert(statements, is_server=connector.is_server, key=_PLACE, changed=_PROGRESS)

    def records(self) -> list[StatementRow]:
        """All rows of the step, in the order they were first written."""

        def work(connection: Connection) -> list[StatementRow]:
            return [
                StatementRow(row.file, row.position, row.digest, row.state, row.fingerprint, text_json(row.session), row.error)
                for row in connection.execute(_RECORDS, {"b_run": self._run, "b_step": self._step})
            ]

        return self._connector.read(work)

    def write(self, *rows: StatementRow) -> None:
        """Insert the rows, or replace those of the same file and position, in one transaction."""
        values = [
            {
                "run": self._run, "step": self._step, "file": row.file, "position": row.position, "digest": row.digest,
                "state": row.state, "fingerprint": row.fingerprint, "session": json_text(row.session), "error": row.error,
            }
            for row in rows
        ]  # fmt: skip
        if values:
            self._connector.write(lambda connection: connection.execute(self._upsert, values).close())

    def forget(self) -> None:
        """Remove all rows of the step."""
        values = {"b_run": self._run, "b_step": self._step}
        self._connector.write(lambda connection: connection.execute(_FORGET, values).close())
