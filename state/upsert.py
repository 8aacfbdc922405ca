"""Insert or replace, in the words of each database."""

from __future__ import annotations

import functools

from sqlalchemy import Insert, Table


@functools.cache
def upsert(table: Table, *, is_server: bool, key: tuple[str, ...], changed: tuple[str, ...]) -> Insert:
    """An insert that, where there is a row of that key, sets the columns `changed` to the new values instead.

    On a server it locks the row until the transaction ends. A dialect is imported when it is used: MariaDB's is slow to load.
    """
    if is_server:
        from sqlalchemy.dialects import mysql  # noqa: PLC0415

        on_server = mysql.insert(table)
        return on_server.on_duplicate_key_update({name: on_server.inserted[name] for name in changed})
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415

    on_file = sqlite.insert(table)
    return on_file.on_conflict_do_update(index_elements=key, set_={name: on_file.excluded[name] for name in changed})
