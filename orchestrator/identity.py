"""Which site this is: a site is its home, known by a key that lies in the state folder, never by the name of its host.

The key is made once, when the site is first written down, and is what runs, ledger, lease and checkpoints are filed under. It
is the site's name of that day unless another home has that; what the site is called on screens may change as often as it likes.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.files import make_folder, small_text, write_atomic

if TYPE_CHECKING:
    from orchestrator.settings import Settings

FILE = "sites.json"  # below the state folder: home -> key


def key_of(settings: Settings) -> str:
    """What the site is filed under, or would be."""
    known = _read(settings.state)
    return known.get(_home(settings)) or _choice(settings, known, _filed(settings.state / "state.db"))[0]


def is_known(settings: Settings) -> bool:
    """Whether its key is written down."""
    return _home(settings) in _read(settings.state)


def claim(settings: Settings, filed: Collection[str], foreign: Collection[str] = ()) -> str | None:
    """See that the site's key is written down.

    Args:
        settings: of the site.
        filed: the keys that the store knows.
        foreign: those of them that are of another machine.

    Returns:
        the name under which an older version had filed what is this site's, when it is adopted although the site is called
        otherwise now; else None.
    """
    home = _home(settings)
    make_folder(settings.state, 0o700)
    with _locked(settings.state):
        known = _read(settings.state)
        if home in known:
            return None
        key, adopted = _choice(settings, known, set(filed) - set(foreign), foreign)
        write_atomic(settings.state / FILE, json.dumps({**known, home: key}, indent=1, sort_keys=True) + "\n", 0o600)
    return key if adopted else None


def _choice(
    settings: Settings, known: Mapping[str, str], filed: Collection[str], foreign: Collection[str] = ()
) -> tuple[str, bool]:
    """The key, and whether it is one that the site is not called by."""
    free = set(filed) - set(known.values())
    if settings.name in free:
        return settings.name, False
    if "name" not in settings.model_fields_set and len(free) == 1:
        return free.pop(), True  # filed under what the host was called then
    taken = {*known.values(), *filed, *foreign}
    return (f"{settings.name}-{secrets.token_hex(4)}" if settings.name in taken else settings.name), False


def _home(settings: Settings) -> str:
    return str(settings.home.resolve())


def _read(state: Path) -> dict[str, str]:
    try:
        return dict(json.loads(small_text(state / FILE)))
    except FileNotFoundError:
        return {}


def _filed(store: Path) -> set[str]:
    """The sites of an SQLite store; empty when there is none, or it cannot be read: then nothing is known of any."""
    import sqlite3

    if not store.exists():
        return set()
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            return {row[0] for row in connection.execute("SELECT DISTINCT site FROM runs UNION SELECT site FROM sites")}
    except sqlite3.Error:
        return set()


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
