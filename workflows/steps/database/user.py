"""OpenEMM's database and its account, and ~/etc/dbcfg that tells OpenEMM of them (guide 5.2, facts 5.1, 5.2).

The password of the server's root is left as it is: where root comes in over the socket, being root of the host is the proof, and
a password in /root/.mysqlpw (guide 3.8) would only be one more secret to lose.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.server import Access, DatabaseServer
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.steps.database.software import warnings
from workflows.steps.setup import SetupStep

ACCESS, CONTENT, ACCOUNT = "database.user", "database.content", "database.account"
LENGTH = 28
ALPHABET = string.ascii_letters + string.digits  # what no reader of dbcfg stumbles over (facts 5.1)


@dataclass(frozen=True)
class DatabaseAndUser(SetupStep):
    """Dbcfg is written before the account gets its password: a cut leaves no account whose password nobody knows."""

    part: ClassVar[str] = "database-user"
    label: ClassVar[str] = "database and user"
    guide: ClassVar[tuple[str, ...]] = ("5.2",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether dbcfg leads into a database."""
        server, answers = self._server(host), self.plan.answers
        wanted = f"database {answers.database_name}, account {answers.database_user}"
        if server.version() is None or not server.running():
            return [Difference(ACCESS, "OpenEMM's database", None, wanted)]
        access = server.access()
        if access is None:
            return self._without_dbcfg(server, wanted)
        if server.can_log_in(access.user, access.password, access.database):
            return []
        if self._is_ours(server, access):
            return [Difference(ACCESS, "OpenEMM's database", "as an earlier attempt left it", wanted)]
        now = f"{access.user} cannot log in to {access.database} with the password of etc/dbcfg"
        return [Difference(ACCOUNT, "OpenEMM's account of the database", now, "the one of etc/dbcfg", by_admin=True)]

    def files(self, host: Host) -> Sequence[str]:
        """Dbcfg."""
        del host
        return [f"{self.plan.home}/etc/dbcfg"]

    def seen(self, host: Host) -> Facts:
        """What was there before."""
        server = self._server(host)
        running = server.version() is not None and server.running()
        database, user = self._names(server)
        return {
            "folder": host.files.mode(self._folder()) is not None, "names": [database, user],
            "database": running and database in server.databases(), "user": running and server.user_exists(user),
        }  # fmt: skip

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Dbcfg, database, account, in this order.

        Raises:
            RefusedError: "database-not-empty", whatever was answered: tables of somebody are never dropped.
        """
        server = self._server(host)
        keys = {difference.key for difference in differences}
        database, user = self._names(server)
        if CONTENT in keys:
            raise not_empty(database, server.tables(database))
        access = server.access()
        if access is None or ACCOUNT in keys:
            dbms = "mysql" if str(server.version()).startswith("MySQL") else "mariadb"
            access = Access(dbms, database, user, "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
            host.files.make_folder(self._folder(), owner=f"{self.plan.user}:{self.plan.user}" if self.plan.user else None)
            server.write_access(access)
        server.create(access.database)
        server.grant(access.user, access.password, access.database)
        for warning in warnings(server):
            ctx.note(warning)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Drop what this run made; a database with tables is never dropped here, its schema has an undo of its own.

        Raises:
            RefusedError: "database-not-empty".
        """
        server = self._server(host)
        if server.version() is None or not server.running():
            raise WorkflowError(
                "cannot take the database back: its server does not run", key="database-down",
                next=["systemctl start mariadb", "orchestrate abort    go on"],
            )  # fmt: skip
        database, user = ctx.intent["names"]
        if not ctx.intent["database"]:
            if tables := server.tables(database):
                raise not_empty(database, tables, "orchestrate abort    go on")
            server.drop(database)
        if not ctx.intent["user"]:
            server.drop_user(user)
        if not ctx.intent["folder"]:
            host.files.remove_folder(self._folder())

    def evidence(self, host: Host) -> Facts:
        """Names, and what is odd; no password."""
        server = self._server(host)
        database, user = self._names(server)
        return {"database": database, "user": user, "warnings": warnings(server)}

    def _without_dbcfg(self, server: DatabaseServer, wanted: str) -> list[Difference]:
        """An empty database and an account without a dbcfg are an earlier attempt, and are simply taken on."""
        database, user = self.plan.answers.database_name, self.plan.answers.database_user
        found = []
        if tables := server.tables(database):
            found.append(Difference(CONTENT, f"database {database}", f"{tables} tables", "empty or not there", by_admin=True))
        if server.user_exists(user) and server.used_elsewhere(user, database):
            now = "an account with rights on other databases"
            found.append(
                Difference(ACCOUNT, f"{user} of the database server", now, "an account for OpenEMM alone", by_admin=True)
            )
        return found or [Difference(ACCESS, "OpenEMM's database", None, wanted)]

    def _is_ours(self, server: DatabaseServer, access: Access) -> bool:
        """Whether dbcfg was written and the rest was cut off: no account yet, or one that lacks its rights only."""
        if server.user_exists(access.user):
            return server.can_log_in(access.user, access.password, None)
        return not server.tables(access.database)

    def _names(self, server: DatabaseServer) -> tuple[str, str]:
        access = server.access()
        answers = self.plan.answers
        return (access.database, access.user) if access else (answers.database_name, answers.database_user)

    def _folder(self) -> str:
        return f"{self.plan.home}/etc"

    def _server(self, host: Host) -> DatabaseServer:
        return host.server.reached_by(self.plan.answers.database_admin_file)


def not_empty(
    database: str, tables: int, then: str = "the same command with --database-name NAME    another one leaves it alone"
) -> RefusedError:
    """The error for a database that holds what this run did not make; then: the way on, once it is gone or left alone."""
    return RefusedError(
        f"cannot use database {database}: it holds {tables} tables that this run did not make", key="database-not-empty",
        unharmed=[f"database {database}: no table of it was touched"],
        next=[f"mariadb-dump --databases {database} > {database}.sql    save it, then drop it by hand when nobody needs it",
              then],
    )  # fmt: skip
