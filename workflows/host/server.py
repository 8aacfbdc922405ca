"""What an installation may ask of the database server, and of OpenEMM's data in it (guide 3.4 to 3.8, 8.3, 9.4; facts 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workflows.model.values import Change, CompanyDomains, ConfigRow


@dataclass(frozen=True)
class Access:
    """How OpenEMM reaches its database, as ~/etc/dbcfg says it. dbms: "mariadb" or "mysql"."""

    dbms: str
    database: str
    user: str
    password: str = field(repr=False)


class OpenemmData(Protocol):
    """OpenEMM's configuration and its first user, through the account of its dbcfg (facts 8.1, 9)."""

    def there(self) -> bool:
        """Whether the database can be reached and holds OpenEMM's tables; where it does not, nothing else may be asked."""

    def hostname(self) -> str:
        """The name by which the application finds the rows of its host."""

    def rows(self) -> Sequence[ConfigRow]:
        """The configuration."""

    def companies(self) -> Sequence[CompanyDomains]:
        """Every company's domains."""

    def change(self, changes: Sequence[Change]) -> None:
        """Make all changes in one transaction.

        Raises:
            RefusedError: "configuration-changed": somebody has changed a value since it was looked at; nothing was changed.
        """

    def take_back(self, changes: Sequence[Change]) -> None:
        """Make each value again what it was, where it is still what it was changed to."""

    def make_key_pair(self) -> tuple[str, str]:
        """A new RSA pair of 2048 bits in PEM: the private key as PKCS#1, and the public key."""

    def has_password(self) -> bool:
        """Whether emm-master has a password."""

    def has_passwords(self) -> bool:
        """Whether anybody has one, so that the salt must stay."""

    def set_password(self, password: str) -> None:
        """Give emm-master a password that must be changed at the first login (facts 9)."""

    def clear_password(self) -> None:
        """Take emm-master's password away."""

    def salt_file(self) -> str:
        """The salt's absolute path."""

    def read_password(self, path: str) -> str:
        """The one line of a file that others cannot read.

        Raises:
            RefusedError: "password-file-missing", "password-file-open", "password-file-empty".
        """

    def first_password(self) -> str | None:
        """The password that was made for emm-master and that nobody has seen yet."""

    def keep_first_password(self, password: str | None) -> None:
        """Keep it, 0600, until it is shown once; None: forget it."""


class DatabaseServer(Protocol):
    """MariaDB or MySQL on this host, reached as its root."""

    @property
    def openemm(self) -> OpenemmData:
        """What OpenEMM keeps in it."""

    def reached_by(self, option_file: str | None) -> DatabaseServer:
        """The same server, its root's password read from that file; None: root comes in over the socket."""

    def version(self) -> str | None:
        """Of the installed server program, with its name: "MariaDB 10.11.19"; None when there is none."""

    def running(self) -> bool:
        """Whether it answers root.

        Raises:
            WorkflowError: "database-access-denied" when it runs but refuses root, "database-admin-missing" when the option file
                cannot be used.
        """

    def root_without_password(self) -> bool:
        """Whether anybody on this host gets in as root over TCP, without a password."""

    def unit(self) -> str | None:
        """Its service; None when it is not installed."""

    def collection(self) -> str | None:
        """The folder with the clients of a Software Collection, which are on nobody's path; None elsewhere (guide 3.4)."""

    def data_begun(self) -> bool:
        """Whether anything is in the folder in which the server's packages make its first databases."""

    def set_data_aside(self) -> str | None:
        """Rename that folder, so that they are made anew; its new name. The server does not run.

        None, and nothing is changed, where a database is in it that is not the server's own.
        """

    def variables(self, names: Sequence[str]) -> Mapping[str, str]:
        """As the running server has them."""

    def next_variables(self, names: Sequence[str]) -> Mapping[str, str]:
        """As the option files would make them at the next start."""

    def configured(self, names: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Name -> (value, file) as the option files say it for the server.

        A name that no file sets is left out, and so is what a file says that is as its package shipped it.
        """

    def option_file(self) -> str:
        """The file of our own that this distribution's server reads last."""

    def accepts(self, text: str) -> Sequence[str]:
        """What the server program says against an option file of this content (--help --verbose), a line each."""

    def databases(self) -> Sequence[str]:
        """Their names, without the server's own."""

    def tables(self, database: str) -> int:
        """How many tables it has; 0 where there is no such database."""

    def upper_case_names(self) -> Sequence[str]:
        """Databases and tables that lower_case_table_names=1 would hide, because their names are not in lower case."""

    def create(self, database: str) -> None:
        """An empty database in utf8mb4; nothing when it is there."""

    def drop(self, database: str) -> None:
        """Drop it; nothing when there is none."""

    def user_exists(self, user: str) -> bool:
        """Whether there is that account at localhost."""

    def used_elsewhere(self, user: str, database: str) -> bool:
        """Whether that account has rights on anything else than that database."""

    def can_log_in(self, user: str, password: str, database: str | None) -> bool:
        """Whether that account gets in as the application would, and reaches that database; None: whether it gets in at all."""

    def grant(self, user: str, password: str, database: str) -> None:
        """Make the account at localhost, or give it this password, with the least rights OpenEMM needs (facts 5.2)."""

    def drop_user(self, user: str) -> None:
        """Drop it; nothing when there is none."""

    def access(self) -> Access | None:
        """What ~/etc/dbcfg says; None when there is none, or the empty one that the vendor's tool makes.

        Raises:
            RefusedError: the keys of orchestrator/hosts/database/dbcfg.py.
        """

    def write_access(self, access: Access) -> None:
        """Write ~/etc/dbcfg, 0600, owned by OpenEMM's user."""
