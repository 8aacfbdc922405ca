"""Commands that an administrator gives as root to what belongs to another."""

from __future__ import annotations


def as_owner(home: str, command: str, remark: str) -> str:
    """A script of the home as OpenEMM's user: what root starts runs as root, and writes files that the user may not."""
    return f"runuser -l $(stat -Lc %U {home}) -c '{command}'    {remark}"
