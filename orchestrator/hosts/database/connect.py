"""A connection to OpenEMM's database with the application's own account, and its failures in our words."""

from __future__ import annotations

from typing import NoReturn

import pymysql
from pymysql.constants import CR, ER

from orchestrator.hosts.database import accounts
from orchestrator.hosts.database.accounts import CONNECT_SECONDS, Account, Connection, open_socket
from orchestrator.settings import Settings
from workflows.model.errors import WorkflowError

_NOT_ALLOWED = 1130  # the account may not come from this host
_SOCKET_DENIED = 1698
_DENIED = frozenset({ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, _NOT_ALLOWED, _SOCKET_DENIED})
_KILLED = 1927
LOST = frozenset({CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_SERVER_LOST_EXTENDED, ER.SERVER_SHUTDOWN, _KILLED, 0})


class DatabaseError(WorkflowError):
    """The database cannot be reached or does not answer as it must."""

    key = "database-down"


def connect(settings: Settings) -> Connection:
    """A connection to the database that dbcfg names (facts 5.1); every statement is committed by itself.

    Raises:
        DatabaseError: "database-down", "database-access-denied" or "database-missing".
        DbcfgError: dbcfg cannot be used.
    """
    account, name = accounts.application(settings)
    try:
        connection = pymysql.connect(
            user=account.user, password=account.password.encode(), database=name, charset="utf8mb4", autocommit=True,
            unix_socket=str(account.socket) if account.socket else None, host=account.host, port=account.port,
            connect_timeout=CONNECT_SECONDS, defer_connect=True, ssl_disabled=account.socket is not None,
        )  # fmt: skip
        connection.connect(open_socket(account))
        with connection.cursor() as cursor:  # of the tables, whatever the database's: user variables are compared with columns
            cursor.execute("SET collation_connection = utf8mb4_unicode_ci")
    except (pymysql.err.MySQLError, OSError) as error:
        _explain(error, account, name)
    return connection


def errno_of(error: BaseException) -> int:
    """The number the server or PyMySQL gave an error; 0 when it gave none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def text_of(error: BaseException) -> str:
    """What an error says."""
    return str(error.args[-1]) if error.args else str(error)


def lost(error: pymysql.err.MySQLError) -> DatabaseError:
    """The error for a connection that broke; what the server was doing for it is not known."""
    return DatabaseError(
        f"the connection to the database was lost: {text_of(error)}",
        key="database-connection-lost",
        next=["systemctl status mariadb    is the server running?", "orchestrate resume          goes on where it stopped"],
    )


def _explain(error: Exception, account: Account, name: str) -> NoReturn:
    where = str(account.socket) if account.socket else f"{account.host}:{account.port}"
    errno = 0 if isinstance(error, OSError) else errno_of(error)
    if errno in _DENIED:
        raise DatabaseError(
            f"the database server at {where} refuses user {account.user}: {text_of(error)}",
            key="database-access-denied",
            next=[
                f"mariadb -u {account.user} -p {name}    does the password of ~/etc/dbcfg still hold?",
                "orchestrate check                      once dbcfg is right",
            ],
        ) from None
    if errno == ER.BAD_DB_ERROR:
        raise DatabaseError(
            f"there is no database {name} on the server at {where}",
            key="database-missing",
            next=["mariadb -e 'SHOW DATABASES'    which are there?", "orchestrate backup list        what can be restored"],
        ) from None
    raise DatabaseError(
        f"the database server at {where} does not answer: {text_of(error)}",
        key="database-down",
        next=["systemctl status mariadb    is it running?", "systemctl start mariadb"],
    ) from None
