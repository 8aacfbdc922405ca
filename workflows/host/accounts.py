"""Users and groups of the operating system (guide 4)."""

from __future__ import annotations

from typing import Protocol


class Accounts(Protocol):
    """Users and groups of the operating system."""

    def group(self, name: str) -> int | None:
        """Its number; None when there is none."""

    def user(self, name: str) -> tuple[int, str, str, str] | None:
        """Number, first group's name, home and shell; None when there is none."""

    def add_group(self, name: str, number: int | None = None) -> None:
        """Make it; nothing when it is there."""

    def add_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """Make it without a password, and its home as a new account gets it; what is there of both stays."""

    def change_user(self, name: str, *, group: str, home: str, shell: str) -> None:
        """Give an account another first group, home and shell; nothing is moved."""

    def remove_user(self, name: str, *, with_home: bool) -> None:
        """Remove it; nothing when there is none. Some distributions remove with it the group of its name."""

    def remove_group(self, name: str) -> None:
        """Remove it; nothing when there is none."""
