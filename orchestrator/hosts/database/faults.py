"""What a database server says against us: its numbers, and the errors they become."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pymysql
from pymysql.constants import CR, ER

from workflows.model.errors import WorkflowError

ABSENT = frozenset({1146, 1305, 1347, 1360, 1539, 1049})  # no such table, routine, not a view, trigger, event, database
ALTERED = 1412  # a table was rebuilt since the snapshot
NO_SUCH_THREAD = 1094
UNKNOWN_TABLE = 1109
_NOT_ALLOWED = 1130  # the account may not come from this host
_SOCKET_DENIED = 1698
_KILLED = 1927
_DENIED = frozenset({ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, _NOT_ALLOWED, _SOCKET_DENIED})
LOST = frozenset({CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_SERVER_LOST_EXTENDED, ER.SERVER_SHUTDOWN, _KILLED, 0})
STALE = LOST | {ER.NO_DB_ERROR}  # the database was dropped and made anew by a restore


class DatabaseError(WorkflowError):
    """The database cannot be reached or does not answer as it must."""

    key = "database-down"


def errno_of(error: BaseException) -> int:
    """The number the server or PyMySQL gave an error; 0 when it gave none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def text_of(error: BaseException) -> str:
    """What an error says."""
    return str(error.args[-1])[:300] if error.args else type(error).__name__


def lost(error: pymysql.err.MySQLError) -> DatabaseError:
    """The error for a connection that broke; what the server was doing for it is not known."""
    return DatabaseError(
        f"the connection to the database was lost: {text_of(error)}",
        key="database-connection-lost",
        next=["systemctl status mariadb    is the server running?", "orchestrate resume          goes on where it stopped"],
    )


def not_connected(error: Exception, where: str, user: str, database: str | None) -> DatabaseError:
    """The error for a connection that was not made: "database-access-denied", "database-missing" or "database-down"."""
    errno = 0 if isinstance(error, OSError) else errno_of(error)
    if errno in _DENIED:
        name = database or "mysql"
        return DatabaseError(
            f"the database server at {where} refuses user {user}: {text_of(error)}", key="database-access-denied",
            next=[f"mariadb -u {user} -p {name}    does the password of ~/etc/dbcfg still hold?",
                  "orchestrate check                      once dbcfg is right"],
        )  # fmt: skip
    if errno == ER.BAD_DB_ERROR:
        return DatabaseError(
            f"there is no database {database} on the server at {where}", key="database-missing",
            next=["mariadb -e 'SHOW DATABASES'    which are there?", "orchestrate backup list        what can be restored"],
        )  # fmt: skip
    return DatabaseError(
        f"the database server at {where} does not answer: {text_of(error)}", key="database-down",
        next=["systemctl status mariadb    is it running?", "systemctl start mariadb"],
    )  # fmt: skip


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Say an error of the server as one of ours: "cannot <what>: ...".

    Raises:
        DatabaseError: "database-busy" when a lock was waited for in vain, else "database-failed".
    """
    try:
        yield
    except pymysql.err.MySQLError as error:
        busy = errno_of(error) == ER.LOCK_WAIT_TIMEOUT
        raise DatabaseError(
            f"cannot {what}: {text_of(error)}",
            key="database-busy" if busy else "database-failed",
            next=["orchestrate status    is the application really stopped?"] if busy else [],
        ) from error
