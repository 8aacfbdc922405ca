"""The database server of this host, reached as its root (guide 3.4 to 3.8, facts 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import hide
from orchestrator.files import write_atomic
from orchestrator.hosts.database import accounts, dbcfg
from orchestrator.hosts.database.accounts import LOCAL, SOCKETS, Account
from orchestrator.hosts.database.dbcfg import DbcfgError, DbConfig
from orchestrator.hosts.database.faults import DatabaseError, told
from orchestrator.hosts.database.inventory import pattern, quote
from orchestrator.hosts.database.openemm_data import RealOpenemmData
from orchestrator.hosts.server import data_folder, option_files
from orchestrator.hosts.server.server_program import ServerProgram, installed
from orchestrator.user import owner
from workflows.host.server import Access
from workflows.model.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.settings import Settings

HOST = "127.0.0.1"  # guide 5.2; the account is one at localhost, as which this address counts
_DOWN = DatabaseError.key


class RealServer:
    """As `workflows.host.server.DatabaseServer` asks for it."""

    def __init__(self, settings: Settings, *, defaults: Path | None = None) -> None:
        """Name it; nothing is touched yet. defaults: the option file that the server reads first, where it is not its own."""
        self._settings = settings
        self._defaults = defaults

    @cached_property
    def openemm(self) -> RealOpenemmData:
        """What OpenEMM keeps in it."""
        return RealOpenemmData(self._settings)

    def reached_by(self, option_file: str | None) -> RealServer:
        """With another way in for root."""
        if option_file is None:
            return self
        database = self._settings.database.model_copy(update={"admin_option_file": Path(option_file)})
        return RealServer(self._settings.model_copy(update={"database": database}), defaults=self._defaults)

    # --- the program and its files ------------------------------------------------------------------------------------

    def version(self) -> str | None:
        """Of the program, whether it runs or not."""
        program = installed(self._defaults)
        return program.version() if program else None

    def unit(self) -> str | None:
        """Of systemd."""
        program = installed(self._defaults)
        return program.unit() if program else None

    def collection(self) -> str | None:
        """Below /opt/rh."""
        program = installed(self._defaults)
        clients = program.clients() if program else None
        return str(clients) if clients else None

    def data_begun(self) -> bool:
        """Where every distribution's own packages make it; no program needs to be there that says so."""
        return data_folder.begun(data_folder.PACKAGED)

    def set_data_aside(self) -> str | None:
        """By renaming."""
        aside = data_folder.set_aside(data_folder.PACKAGED)
        return str(aside) if aside else None

    def next_variables(self, names: Sequence[str]) -> Mapping[str, str]:
        """By the program's own help."""
        found = self._program().next_variables()
        return {name: found[name] for name in names if name in found}

    def configured(self, names: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """The last of several counts."""
        program = self._program()
        groups, said = program.groups(), {}
        for option in option_files.options(program.files()):
            if option.name in names and option.group in groups:
                said[option.name] = (option.value, option.file)
        untouched = {file: option_files.shipped(file) for file in {file for _, file in said.values()}}
        return {name: (value, str(file)) for name, (value, file) in said.items() if not untouched[file]}

    def option_file(self) -> str:
        """In the folder that is read last."""
        return str(self._program().option_file())

    def accepts(self, text: str) -> Sequence[str]:
        """By the program's own help."""
        return self._program().accepts(text)

    def _program(self) -> ServerProgram:
        program = installed(self._defaults)
        if program is None:
            raise RefusedError(
                "there is no database server on this host", key="database-server-missing",
                next=["the same command with --database local    installs one"],
            )  # fmt: skip
        return program

    # --- the running server -------------------------------------------------------------------------------------------

    def running(self) -> bool:
        """By logging in."""
        account = self._root()
        try:
            account.connect().close()
        except DatabaseError as error:
            if error.error_key == _DOWN:
                return False
            raise RefusedError(
                f"the database server does not let {account.user} in: {error.message}", key="database-admin-refused",
                unharmed=["the database server, and what is in it"],
                next=[f"mariadb -u {account.user} -p    is the password right?",
                      "the same command with --database-admin-file FILE    a 0600 file: [client], user=root, password=..."],
            ) from None  # fmt: skip
        return True

    def root_without_password(self) -> bool:
        """Over TCP, where the socket tells nothing."""
        try:
            Account("root", "", None, HOST, self._port()).connect().close()
        except DatabaseError:
            return False
        return True

    def variables(self, names: Sequence[str]) -> Mapping[str, str]:
        """The global ones."""
        marks = ", ".join("%s" for _ in names)
        return {
            str(name): str(value) for name, value in self._ask(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({marks})", *names)
        }

    def databases(self) -> Sequence[str]:
        """Without the server's own."""
        return [str(row[0]) for row in self._ask("SHOW DATABASES") if row[0] not in data_folder.OF_THE_SERVER]

    def tables(self, database: str) -> int:
        """Views count too."""
        return _number(self._ask("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", database))

    def upper_case_names(self) -> Sequence[str]:
        """Databases first."""
        databases = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE BINARY SCHEMA_NAME <> BINARY LOWER(SCHEMA_NAME)"
        tables = (
            "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES "
            "WHERE TABLE_SCHEMA NOT IN %s AND BINARY TABLE_NAME <> BINARY LOWER(TABLE_NAME)"
        )
        return [str(row[0]) for row in [*self._ask(databases), *self._ask(tables, data_folder.OF_THE_SERVER)]]

    def create(self, database: str) -> None:
        """As the tables are."""
        self._ask(f"CREATE DATABASE IF NOT EXISTS {quote(database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")

    def drop(self, database: str) -> None:
        """With all that is in it."""
        self._ask(f"DROP DATABASE IF EXISTS {quote(database)}")

    # --- OpenEMM's account --------------------------------------------------------------------------------------------

    def user_exists(self, user: str) -> bool:
        """At localhost."""
        return _number(self._ask("SELECT COUNT(*) FROM mysql.user WHERE User = %s AND Host = 'localhost'", user)) > 0

    def used_elsewhere(self, user: str, database: str) -> bool:
        """By what it was granted; global rights, which the vendor's tool gives (facts 5.2), do not count."""
        sql = (
            "SELECT TABLE_SCHEMA FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = %s UNION "
            "SELECT TABLE_SCHEMA FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = %s"
        )
        grantee = f"'{user}'@'localhost'"
        granted = {str(row[0]) for row in self._ask(sql, grantee, grantee)}
        return bool(granted - {database, pattern(database), "mysql"})

    def can_log_in(self, user: str, password: str, database: str | None) -> bool:
        """Through the same door as the application: TCP, unless the site names a socket."""
        hide(password)
        account = Account(user, password, self._settings.database.socket, HOST, self._port())
        try:
            account.connect(database).close()
        except DatabaseError as error:
            if error.error_key == _DOWN:
                raise
            return False
        return True

    def grant(self, user: str, password: str, database: str) -> None:
        """ALL on the one database, and the routines' table, which a dump reads; nothing global (facts 5.2)."""
        hide(password)
        routines = _number(self._ask(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'proc'"
        ))  # fmt: skip
        for host in self._hosts():
            account = f"{_text(user)}@{_text(host)}"
            self._ask(f"GRANT USAGE ON *.* TO {account} IDENTIFIED BY %s", password)  # makes it, or gives it this password
            self._ask(f"GRANT ALL ON {quote(pattern(database))}.* TO {account}")
            if routines:
                self._ask(f"GRANT SELECT ON mysql.proc TO {account}")

    def drop_user(self, user: str) -> None:
        """At this host, by either name."""
        for (host,) in self._ask("SELECT Host FROM mysql.user WHERE User = %s AND Host IN ('localhost', %s)", user, HOST):
            self._ask(f"DROP USER {_text(user)}@{_text(str(host))}")

    def access(self) -> Access | None:
        """The empty entry of the vendor's tool names neither account nor password."""
        try:
            config = dbcfg.read(self._dbcfg())
        except DbcfgError as error:
            if error.error_key in {"dbcfg-missing", "dbcfg-no-user"}:
                return None
            raise
        if config.host not in LOCAL:
            raise RefusedError(
                f"the database of {self._dbcfg()} is on {config.host}: an installation sets up the one of this host only",
                key="database-elsewhere", unharmed=["nothing was changed"],
                next=[f"mv {self._dbcfg()} {self._dbcfg()}.old    when a database on this host is to be used"],
            )  # fmt: skip
        return Access(config.dbms or "mariadb", config.name, config.user, config.password)

    def write_access(self, access: Access) -> None:
        """Whole, in the vendor's shape."""
        hide(access.password)
        config = DbConfig(access.dbms, HOST, self._port(), access.user, access.password, access.database)
        text = dbcfg.text(config, self._settings.database.socket)
        path, user = self._dbcfg(), owner(self._settings.user)
        write_atomic(path, text, mode=0o600, owner=user)

    def _dbcfg(self) -> Path:
        return self._settings.home / "etc/dbcfg"

    # --- how root gets in ---------------------------------------------------------------------------------------------

    def _root(self) -> Account:
        database = self._settings.database
        if database.admin_socket is None and database.socket is None:
            socket = next((path for path in SOCKETS if path.is_socket()), SOCKETS[0])
            database = database.model_copy(update={"admin_socket": socket})
        return accounts.admin(self._settings.model_copy(update={"database": database}))

    def _port(self) -> int:
        return int(self.variables(["port"]).get("port", dbcfg.DEFAULT_PORT)) or dbcfg.DEFAULT_PORT

    def _hosts(self) -> Sequence[str]:
        """Where names are not resolved, 127.0.0.1 does not count as localhost."""
        return ["localhost", HOST] if self.variables(["skip_name_resolve"]).get("skip_name_resolve") == "ON" else ["localhost"]

    def _ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with self._connected() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    @contextmanager
    def _connected(self) -> Iterator[accounts.Cursor]:
        connection = self._root().connect()
        try:
            with told("ask the database server"), connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _number(rows: Sequence[tuple[object, ...]]) -> int:
    return int(str(rows[0][0]))
