"""What an installation may ask of the database server (guide 3.4 to 3.8, 8.3, 9.4; facts 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class DatabaseServer(Protocol):
    """MariaDB or MySQL on this host, reached as its root."""

    def version(self) -> str | None:
        """Of the installed server program; None when there is none."""

    def running(self) -> bool:
        """Whether it answers root."""

    def unit(self) -> str | None:
        """Its service; None when it is not installed."""

    def variables(self, names: Sequence[str]) -> Mapping[str, str]:
        """As the running server has them."""

    def configured(self, names: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Name -> (value, file) as the option files say it for [mysqld]; a name that no file sets is left out."""

    def option_file(self) -> str:
        """The file of our own that this distribution's server reads last."""

    def accepts(self, text: str) -> Sequence[str]:
        """What the server program says against an option file of this content (--help --verbose), a line each."""

    def databases(self) -> Sequence[str]:
        """Their names."""

    def tables(self, database: str) -> int:
        """How many tables it has."""

    def create(self, database: str) -> None:
        """An empty database in utf8mb4."""

    def drop(self, database: str) -> None:
        """Drop it; nothing when there is none."""

    def user_exists(self, user: str) -> bool:
        """Whether there is that account at localhost."""

    def can_log_in(self, user: str, password: str, database: str) -> bool:
        """Whether that account reaches that database."""

    def grant(self, user: str, password: str, database: str) -> None:
        """Make the account at localhost, or give it this password, with the least rights OpenEMM needs (facts 5.2)."""

    def drop_user(self, user: str) -> None:
        """Drop it; nothing when there is none."""
