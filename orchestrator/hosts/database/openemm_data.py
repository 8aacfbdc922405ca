"""What an installation does in OpenEMM's own database: configuration, the keys of the statistics, the first password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.command import run
from orchestrator.errors import hide
from orchestrator.files import fsync_folder, make_folder, small_text, write_atomic
from orchestrator.hosts.database import admin_password
from orchestrator.hosts.database.configuration import Configuration
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.dbcfg import DbcfgError
from orchestrator.hosts.database.faults import DatabaseError, told
from orchestrator.hosts.files.secret_file import read_secret
from workflows.rules.password import ADMIN

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.settings import Settings
    from workflows.model.values import Change, CompanyDomains, ConfigRow

FIRST_PASSWORD = "emm-master.once"  # noqa: S105 - a file's name
_NEEDED = ("config_tbl", "company_tbl", "admin_tbl")
_HASHES = (("admin_tbl", "secure_password_hash"), ("webservice_user_tbl", "password_encrypted"))
_KEY_SECONDS = 60.0
_PKCS8 = "-----BEGIN PRIVATE KEY-----"


class RealOpenemmData:
    """As `workflows.host.server.OpenemmData` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is connected yet."""
        self._settings = settings
        self._configuration = Configuration(settings)

    def there(self) -> bool:
        """By looking for three of its tables."""
        try:
            columns = self._columns()
        except (DatabaseError, DbcfgError):
            return False
        return all(table in {table for table, _ in columns} for table in _NEEDED)

    def hostname(self) -> str:
        """Of conf/hostname, else the system's."""
        return self._configuration.hostname()

    def rows(self) -> Sequence[ConfigRow]:
        """Of config_tbl and company_info_tbl."""
        return self._configuration.rows()

    def companies(self) -> Sequence[CompanyDomains]:
        """By id."""
        return self._configuration.companies()

    def change(self, changes: Sequence[Change]) -> None:
        """In one transaction."""
        for change in changes:
            if change.secret:
                hide(change.after)
        self._configuration.change(changes, before_commit=lambda: None)

    def take_back(self, changes: Sequence[Change]) -> None:
        """In one transaction."""
        self._configuration.take_back(changes)

    def make_key_pair(self) -> tuple[str, str]:
        """By openssl; the key passes through pipes only. OpenEMM's own tool makes PKCS#1, newer openssl only when told so."""
        private = run(["openssl", "genrsa", "2048"], timeout=_KEY_SECONDS).stdout
        hide(private)
        if _PKCS8 in private:
            private = run(["openssl", "rsa", "-traditional"], timeout=_KEY_SECONDS, input=private).stdout
            hide(private)
        return private, run(["openssl", "rsa", "-pubout"], timeout=_KEY_SECONDS, input=private).stdout

    def has_password(self) -> bool:
        """A hash is one, whoever made it."""
        return bool(self._ask("SELECT 1 FROM admin_tbl WHERE admin_id = %s AND secure_password_hash <> ''", ADMIN))

    def has_passwords(self) -> bool:
        """Of users and of web services."""
        there = set(self._columns())
        return any(
            self._ask(f"SELECT 1 FROM {table} WHERE {column} <> '' LIMIT 1")  # noqa: S608
            for table, column in _HASHES
            if (table, column) in there
        )

    def set_password(self, password: str) -> None:
        """The server is sent the hash only."""
        hide(password)
        admin_password.set_password(self._settings, password, before_commit=lambda: None)

    def clear_password(self) -> None:
        """As the full schema file leaves it."""
        sql = "UPDATE admin_tbl SET secure_password_hash = NULL, is_one_time_pass = 0, pwdchange_date = NULL WHERE admin_id = %s"
        self._ask(sql, ADMIN)

    def salt_file(self) -> str:
        """As the application finds it."""
        return str(admin_password.salt_file(self._settings))

    def read_password(self, path: str) -> str:
        """Its one line."""
        return read_secret(path)

    def first_password(self) -> str | None:
        """Of the state folder."""
        try:
            return small_text(self._first()).rstrip("\n") or None
        except FileNotFoundError:
            return None

    def keep_first_password(self, password: str | None) -> None:
        """In the state folder."""
        if password is None:
            forget(self._first())
            return
        hide(password)
        make_folder(self._first().parent, 0o700)
        write_atomic(self._first(), f"{password}\n", mode=0o600)

    def _first(self) -> Path:
        return self._settings.state / FIRST_PASSWORD

    def _columns(self) -> list[tuple[str, str]]:
        sql = "SELECT LOWER(TABLE_NAME), LOWER(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
        return [(str(table), str(column)) for table, column in self._ask(sql)]

    def _ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with told("ask OpenEMM's database"), connect(self._settings) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


def forget(file: Path) -> None:
    """Remove a file for good; nothing when there is none."""
    if file.is_file():
        file.unlink()
        fsync_folder(file.parent)
