"""One connection, kept open, and the transactions on it; after a lost connection to a server the work is done again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from state import faults
from state.errors import StoreUnavailableError

PATIENCE = 60.0  # seconds a server may be away in the middle of a run
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
# Of a server that goes, is gone or comes back (1040, 1053, 1927, 2002 to 2013), and of a transaction it gave up (1205, 1213).
_PASSING = frozenset({0, 1040, 1053, 1205, 1213, 1927, 2002, 2003, 2006, 2013})

T = TypeVar("T")


class Connector:
    """Runs work in transactions, one at a time, also when called from several threads."""

    def __init__(self, engine: Engine, *, patience: float = PATIENCE) -> None:
        """Take the engine; nothing is opened yet. patience: seconds to wait for a server that went away."""
        self.engine = engine
        self.is_server = engine.dialect.name != "sqlite"
        self._patience = patience if self.is_server else 0.0
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def write(self, work: Callable[[Connection], T], *, place: str | None = "commit") -> T:
        """Do the work in one transaction and commit it.

        On a server the work may be called again after a lost connection, even when the lost commit took effect: it must
        recognise that. place: the name under which the commit can be cut off by a test (state/faults.py).

        Raises:
            StoreUnavailableError: the store cannot be written.
            sqlalchemy.exc.IntegrityError: as it comes from the work.
        """
        return self._patiently(lambda connection: self._write(connection, work, place))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do the work, which only reads, on one consistent view of the store.

        Raises:
            StoreUnavailableError: the store cannot be read.
        """
        return self._patiently(lambda connection: self._read(connection, work))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _write(self, connection: Connection, work: Callable[[Connection], T], place: str | None) -> T:
        if not self.is_server:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        result = work(connection)
        if place is None:
            connection.commit()
            return result
        faults.place(place)
        connection.commit()
        faults.place(place)
        return result

    def _read(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        if not self.is_server:
            connection.exec_driver_sql("BEGIN")
        result = work(connection)
        connection.commit()
        return result

    def _patiently(self, task: Callable[[Connection], T]) -> T:
        deadline = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._lock:
                    return self._once(task)
            except IntegrityError:
                raise
            except DBAPIError as error:
                if not _passing(error) or time.monotonic() + pause > deadline:
                    raise unavailable(error) from error
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(self, task: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            return task(self._connection)
        except BaseException:
            self._drop()  # closing takes the transaction back, also where the server no longer answers
            raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def unavailable(error: DBAPIError) -> StoreUnavailableError:
    """The error for people, in the words of the database."""
    orig = error.orig
    words = orig.args[-1] if orig is not None and orig.args else error
    return StoreUnavailableError(
        f"cannot read or write the store: {words}", next=["orchestrate resume    once the store can be reached"]
    )


def _passing(error: DBAPIError) -> bool:
    args = error.orig.args if error.orig is not None else ()
    return bool(args) and args[0] in _PASSING
