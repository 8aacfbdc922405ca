"""An account for the time of a load: a client reads what OpenEMM's account has written, and may touch one database."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import secrets
from collections.abc import Iterator

import pymysql

from orchestrator.hosts.database.accounts import LOADS, Account, Connection
from orchestrator.hosts.database.inventory import column, pattern, quote
from orchestrator.redaction import hide


@contextlib.contextmanager
def loader(admin: Account, connection: Connection, database: str) -> Iterator[Account]:
    """An account that has all rights on that database and none besides; it is gone afterwards.

    One that a load left behind when it was cut off is made anew.

    Args:
        admin: who makes it.
        connection: of the administrator.
        database: its name; it need not be there yet.

    Raises:
        pymysql errors: the server refused.
    """
    account = dataclasses.replace(admin, user=_user(database), password=f"Aa1-{secrets.token_hex(20)}")  # for a server's taste
    hide(account.password)
    drop(connection, database)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE USER {_named(connection, database)} IDENTIFIED BY %s", (account.password,))
        cursor.execute(f"GRANT {', '.join(sorted(LOADS))} ON {quote(pattern(database))}.* TO {_named(connection, database)}")
    try:
        yield account
    except BaseException:
        with contextlib.suppress(pymysql.err.MySQLError):  # a server that is gone is told as the load tells it
            drop(connection, database)
        raise
    drop(connection, database)


def drop(connection: Connection, database: str) -> None:
    """Drop what a load into that database was done with."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP USER IF EXISTS {_named(connection, database)}")


def _user(database: str) -> str:
    return f"orchestrate_{hashlib.sha256(database.encode()).hexdigest()[:8]}"


def _named(connection: Connection, database: str) -> str:
    """From where the administrator may connect, it may."""
    host = column(connection, "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', -1)")[0]
    return f"{quote(_user(database))}@{quote(host)}"
