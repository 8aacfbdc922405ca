"""The store: an SQLite file by default, a schema of its own on MariaDB when a URL is given."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, NullPool, and_, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from state.connector import Connector, unavailable
from state.errors import StoreMissingError, StoreOutdatedError, StoreTooNewError, StoreUnavailableError
from state.folders import make_folder
from state.journal import Journal
from state.lease import Lease
from state.ledger import Ledger
from state.schema import REVISIONS, ledger, runs

BUSY_SECONDS = 30
_NO_TABLE = 1146
_DECODE = partial(str, encoding="utf-8", errors="surrogateescape")  # a damaged entry must reach the ledger's verify
_SITES = (
    select(runs.c.site, ledger.c.evidence)
    .outerjoin(ledger, and_(ledger.c.site == runs.c.site, ledger.c.seq == 1))
    .union(select(ledger.c.site, ledger.c.evidence).where(ledger.c.seq == 1))
)
_REVISION = text("SELECT version_num FROM alembic_version")


class Store:
    """What is remembered of one or more sites."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine whose database is up to date; use `open`."""
        self.engine = engine
        self._connector = Connector(engine)
        self._ledgers: dict[str, Ledger] = {}
        self.journal = Journal(self._connector, self.ledger)

    @classmethod
    def open(cls, target: Path | str, *, tool_version: str, readonly: bool = False) -> Store:
        """Open a store, and create or migrate it first unless it is opened for reading only.

        Args:
            target: the path of an SQLite file, or the URL of a MariaDB schema (mysql+pymysql://...).
            tool_version: named in errors.
            readonly: nothing is created, migrated or written.

        Raises:
            StoreMissingError: readonly, and there is no store.
            StoreOutdatedError: readonly, and the store must be migrated first.
            StoreTooNewError: a newer version of this tool wrote it; it is left alone.
            StoreForeignError: the schema holds tables of something else.
            StoreUnavailableError: it cannot be reached, read or written.
        """
        engine = _file_engine(target, readonly) if isinstance(target, Path) else _server_engine(target)
        try:
            if isinstance(target, Path) and not readonly:
                with _prepared(target):
                    _bring_up_to_date(engine, tool_version, readonly=False)
            elif isinstance(target, Path) and not target.exists():
                raise _missing(target)
            else:
                _bring_up_to_date(engine, tool_version, readonly=readonly)
        except DBAPIError as error:
            raise unavailable(error) from error
        except OSError as error:
            raise StoreUnavailableError(f"cannot open the store {target}: {error.strerror}") from error
        return cls(engine)

    def ledger(self, site: str, *, machine_id: str | None = None) -> Ledger:
        """The ledger of a site. machine_id: of the site's host when that is not this machine; kept for this store."""
        known = self._ledgers.get(site)
        if known is None or (machine_id is not None and machine_id != known.machine_id):
            known = self._ledgers[site] = Ledger(self._connector, site, machine_id)
        return known

    def lease(self, site: str, folder: Path, home: Path | None = None) -> Lease:
        """The lease of a site, whose lock file lies in `folder`. home: the folder that the site is."""
        return Lease(self._connector, site, folder, home=home, alone=self.engine.dialect.name == "sqlite")

    def sites(self) -> dict[str, str | None]:
        """The sites that something is filed under: key -> the machine id of its ledger, None where it has none yet."""
        found = self._connector.read(lambda connection: connection.execute(_SITES).all())
        return {site: _machine(evidence) for site, evidence in found}

    def close(self) -> None:
        """Close the store."""
        self._connector.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _file_engine(path: Path, readonly: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        hide_parameters=True,
        # Without isolation_level the driver begins nothing by itself: the connector says BEGIN.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        if readonly:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.text_factory = _DECODE

    return engine


def _server_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = URL.create("")  # the text may hold a password: it is not repeated
    if parsed.drivername != "mysql+pymysql" or not parsed.database:
        raise StoreUnavailableError("cannot open the store: its URL must look like mysql+pymysql://USER@HOST/SCHEMA")
    return create_engine(
        parsed.update_query_dict({"charset": "utf8mb4"}),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},
    )


@contextmanager
def _prepared(path: Path) -> Iterator[None]:
    """The file is there, for its owner only, and nobody else creates or migrates it meanwhile."""
    make_folder(path.parent, 0o700)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        os.fsync(folder)
        yield
    finally:
        os.close(folder)


def _bring_up_to_date(engine: Engine, tool_version: str, *, readonly: bool) -> None:
    with engine.connect() as connection:
        revision = _revision(connection)
        if revision == REVISIONS[-1]:
            return
        if revision is not None and revision not in REVISIONS:
            raise StoreTooNewError(
                f"the store was written by a newer version than this, {tool_version}: its revision {revision} is unknown here",
                next=["orchestrate --version    must be at least the version that wrote the store"],
            )
        if readonly and revision is None:
            raise _missing(engine.url.render_as_string(hide_password=True))
        if readonly:
            raise StoreOutdatedError("the store was written by an older version of this tool and must be migrated first")
        logging.getLogger("alembic").setLevel(logging.WARNING)  # it speaks as soon as it is imported
        from state.migrations import migrate  # noqa: PLC0415 - Alembic takes longer to import than all else here

        migrate(connection)


def _revision(connection: Connection) -> str | None:
    """The revision of the store, None when there is no store yet."""
    try:
        revision: str | None = connection.execute(_REVISION).scalar()
    except (OperationalError, ProgrammingError) as error:
        words = error.orig.args if error.orig else ()
        if "no such table: alembic_version" not in words and _NO_TABLE not in words:
            raise
        revision = None
    connection.rollback()
    return revision


def _missing(where: object) -> StoreMissingError:
    return StoreMissingError(
        f"there is no store at {where}", next=["orchestrate plan --to VERSION    shows what an upgrade would do"]
    )


def _machine(evidence: str | None) -> str | None:
    """Of a ledger's first entry; None also where it was tampered with, which is told by `verify`."""
    try:
        return str(json.loads(evidence)["machine_id"]) if evidence else None
    except (ValueError, KeyError, TypeError):
        return None
