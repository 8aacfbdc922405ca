"""The migrations of the store. Imported only when there is something to migrate."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from state.errors import StoreForeignError, StoreUnavailableError
from state.schema import metadata

_LOCK = "openemm-orchestrator-migrate"
_LOCK_SECONDS = 30


def migrate(connection: Connection) -> None:
    """Bring the store to the last revision; one process at a time does.

    Raises:
        StoreForeignError: there are tables of something else.
        StoreUnavailableError: another process is migrating it and does not end.
    """
    server = connection.dialect.name != "sqlite"
    if not server:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.exec_driver_sql(f"SELECT GET_LOCK('{_LOCK}', {_LOCK_SECONDS})").scalar() != 1:
        raise StoreUnavailableError(f"cannot migrate the store: another process has been at it for {_LOCK_SECONDS} s")
    foreign = set(inspect(connection).get_table_names()) - set(metadata.tables) - {"alembic_version"}
    if foreign:
        raise StoreForeignError(
            f"cannot use this schema as the store: it holds {', '.join(sorted(foreign)[:3])}; the store needs one of its own"
        )
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
    if server:
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK('{_LOCK}')")
