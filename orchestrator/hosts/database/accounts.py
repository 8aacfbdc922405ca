"""Who we are to the database server: the application's own account, and the one that may create databases."""

from __future__ import annotations

import configparser
import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pymysql

from orchestrator.files import small_text
from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.database.faults import DatabaseError, not_connected, told
from orchestrator.hosts.database.pinned import file_of, require_pinned
from orchestrator.places import see_file
from orchestrator.redaction import hide
from orchestrator.settings import Settings
from workflows.model.errors import RefusedError

CONNECT_SECONDS = 10
IDLE_SECONDS = 604_800  # a connection waits while a dump or a load takes hours, whatever the server's own limit (guide 3.8)
LOADS = frozenset({
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "LOCK TABLES", "CREATE VIEW",
    "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "TRIGGER", "EVENT",
})  # what loads a dump holds, in one database  # fmt: skip
Cursor: TypeAlias = pymysql.cursors.Cursor
Connection: TypeAlias = "pymysql.connections.Connection[pymysql.cursors.Cursor]"
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
SOCKETS = (
    Path("/run/mysqld/mysqld.sock"),
    Path("/var/lib/mysql/mysql.sock"),
    Path("/run/mysql/mysql.sock"),
)  # Debian, RHEL, SLES


class AdminMissingError(RefusedError):
    """There is no account that may create databases; nothing was changed."""

    key = "database-admin-missing"


@dataclass(frozen=True)
class Account:
    """An account of the server. With a socket, host and port mean nothing."""

    user: str
    password: str = field(default="", repr=False)
    socket: Path | None = None
    host: str = "localhost"
    port: int = dbcfg.DEFAULT_PORT

    def connect(self, database: str | None = None) -> Connection:
        """A connection that commits each statement.

        Raises:
            DatabaseError: "database-access-denied", "database-missing" or "database-down".
        """
        connection = pymysql.connect(
            user=self.user, password=self.password.encode(), database=database, charset="utf8mb4", autocommit=True,
            unix_socket=str(self.socket) if self.socket else None, host=self.host, port=self.port,
            connect_timeout=CONNECT_SECONDS, ssl_disabled=self.socket is not None, defer_connect=True,
            init_command=f"SET SESSION wait_timeout = {IDLE_SECONDS}",
        )  # fmt: skip
        try:
            connection.connect(open_socket(self))
        except (pymysql.err.MySQLError, OSError) as error:
            where = str(self.socket) if self.socket else f"{self.host}:{self.port}"
            raise not_connected(error, where, self.user, database) from None
        return connection

    @contextlib.contextmanager
    def option_file(self, reader: int | None) -> Iterator[tuple[str, int]]:
        """The argument, which must be a client's first, that names an option file without a name, and its descriptor.

        The password stands nowhere else: not on a command line, not in an environment.

        Args:
            reader: who may read it, a user's number; None: we.
        """
        place = {"socket": str(self.socket)} if self.socket else {"host": self.host, "port": str(self.port), "protocol": "tcp"}
        values = {"user": self.user, "password": self.password, **place}
        with tempfile.TemporaryFile() as file:  # 0600
            file.write(("[client]\n" + "".join(f"{key}={_quoted(value)}\n" for key, value in values.items())).encode())
            file.flush()
            if reader is not None:
                os.fchown(file.fileno(), reader, reader)
            yield f"--defaults-extra-file=/dev/fd/{file.fileno()}", file.fileno()


@dataclass(frozen=True)
class Accounts:
    """Who puts a database in place: an administrator, with a connection of his, and the account whose database it is."""

    admin: Account
    own: Account
    connection: Connection


def open_socket(account: Account) -> socket.socket:
    """A socket to the server, closed again when nobody answers: PyMySQL would leave it open."""
    if account.socket is None:
        return socket.create_connection((account.host, account.port), CONNECT_SECONDS)
    opened = socket.socket(socket.AF_UNIX)
    try:
        opened.settimeout(CONNECT_SECONDS)
        opened.connect(str(account.socket))
    except OSError:
        opened.close()
        raise
    return opened


def application(settings: Settings) -> tuple[Account, str]:
    """The account of OpenEMM's dbcfg, and the name of its database (facts 5.1); in a run, those it began with.

    Raises:
        DbcfgError: dbcfg cannot be used.
        DatabaseChangedError: it names another database than when the run began.
    """
    config = dbcfg.read(file_of(settings))
    require_pinned(settings, config)
    hide(config.password)
    account = Account(config.user, config.password, settings.database.socket, config.host, config.port)
    return account, config.name


def admin(settings: Settings) -> Account:
    """The account that may create databases: from the option file named for it, else over the socket.

    Where no socket is set and dbcfg names this host, the socket is the one of the distribution's own server.

    Raises:
        AdminMissingError: neither is set nor found, or the option file cannot be used.
    """
    database = settings.database
    socket = database.admin_socket or database.socket or _local_socket(settings)
    if database.admin_option_file is None:
        if socket is None:
            raise AdminMissingError(
                "there is no way set to reach the database server as an account that may create databases", next=_fix(settings)
            )
        return Account(database.admin_user, "", socket)
    values = _read_options(database.admin_option_file, settings)
    file_socket = values.get("socket")
    host = values.get("host", "localhost")
    use = Path(file_socket) if file_socket else socket if "host" not in values else None
    return Account(
        values.get("user", database.admin_user),
        values.get("password", ""),
        use,
        host,
        int(values.get("port", dbcfg.DEFAULT_PORT)),
    )


def _local_socket(settings: Settings) -> Path | None:
    if application(settings)[0].host not in LOCAL:
        return None
    return next((path for path in SOCKETS if path.is_socket()), None)


def check_admin(settings: Settings) -> Account:
    """The admin account, once it has been seen to work and to hold the rights a restore needs.

    Raises:
        AdminMissingError: the server refuses it, or it holds too few rights.
        DatabaseError: "database-down".
    """
    account = admin(settings)
    try:
        connection = account.connect()
    except DatabaseError as error:
        if error.error_key == DatabaseError.key:
            raise
        raise AdminMissingError(error.message, next=_fix(settings)) from None
    with told("read the rights of the database account"), connection, connection.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        grants = [str(row[0]) for row in cursor.fetchall()]
    if not any(_may_restore(grant) for grant in grants):
        raise AdminMissingError(
            f"the database account {account.user} may not create databases, accounts, and objects of others", next=_fix(settings)
        )
    return account


def _may_restore(grant: str) -> bool:
    """Whether a line of SHOW GRANTS covers all databases, accounts, and objects of others (facts 5.6: error 1227 else)."""
    rights, _, rest = grant.removeprefix("GRANT ").partition(" ON ")
    if not rest.startswith("*.* ") or " WITH GRANT OPTION" not in rest:
        return False
    held = {right.strip() for right in rights.split(",")}
    return "ALL PRIVILEGES" in held or ({"CREATE USER", *LOADS} <= held and bool({"SUPER", "SET USER"} & held))


def _fix(settings: Settings) -> list[str]:
    user = settings.database.admin_user
    return [
        f"mariadb -u {user} -e 'SHOW GRANTS'                      can this account be used, as root over the socket?",
        "export ORCHESTRATE_DATABASE_ADMIN_SOCKET=/run/mysqld/mysqld.sock    the server's socket, where it is another",
        "export ORCHESTRATE_DATABASE_ADMIN_OPTION_FILE=/root/admin.cnf       a 0600 file: [client], user=..., password=...",
    ]


def _read_options(path: Path, settings: Settings) -> dict[str, str]:
    see_file(path)
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False, inline_comment_prefixes=None)
    try:
        mode = path.stat().st_mode
        text = small_text(path)
        parser.read_string(text)
    except (OSError, UnicodeDecodeError, configparser.Error):
        raise AdminMissingError(f"cannot read the option file {path}", next=_fix(settings)) from None
    if mode & 0o077:
        raise AdminMissingError(
            f"the option file {path} is open to others", next=[f"chmod 600 {path}    it holds a password", *_fix(settings)]
        )
    section = parser.items("client") if parser.has_section("client") else []
    return {key: _unquoted(value or "") for key, value in section}


def _quoted(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    escapes = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "s": " "}
    parts, characters = [], iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            parts.append(escapes.get(following, "\\" + following))
        else:
            parts.append(character)
    return "".join(parts)
