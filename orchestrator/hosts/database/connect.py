"""A connection to OpenEMM's database with the application's own account."""

from __future__ import annotations

import pymysql

from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.faults import lost
from orchestrator.settings import Settings


def connect(settings: Settings) -> Connection:
    """A connection to the database that dbcfg names (facts 5.1); every statement is committed by itself.

    Raises:
        DatabaseError: as `accounts.Account.connect`.
        DbcfgError: dbcfg cannot be used.
    """
    account, name = accounts.application(settings)
    connection = account.connect(name)
    try:
        with connection.cursor() as cursor:  # of the tables, whatever the database's: user variables are compared with columns
            cursor.execute("SET collation_connection = utf8mb4_unicode_ci")
    except pymysql.err.MySQLError as error:
        raise lost(error) from error
    return connection
