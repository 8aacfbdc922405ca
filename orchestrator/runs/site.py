"""A site opened for work: its settings, its store and ledger, its host, and who is asking."""

from __future__ import annotations

import functools
import os
import pwd
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestrator.hosts.real import RealHost, open_host
from orchestrator.identity import claim, is_known, key_of
from orchestrator.places import see_state
from orchestrator.settings import Settings
from orchestrator.tool import TOOL_VERSION
from state.lease import Lease
from state.ledger import Ledger, this_machine
from state.store import Store


def actor() -> dict[str, Any]:
    """Who runs this tool, for the ledger: uid, user, and, where known, the sudo user, terminal and SSH client."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    known = {"sudo_user": os.environ.get("SUDO_USER"), "ssh_client": os.environ.get("SSH_CLIENT"), "tty": _terminal()}
    return {"uid": uid, "user": user, **{key: value for key, value in known.items() if value}}


def _terminal() -> str | None:
    try:
        return os.ttyname(0)
    except OSError:
        return None


class Site:
    """Everything a command needs; what it does not use is never opened."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.actor = actor()
        self.adopted: str | None = None  # the name it was filed under before it had a key, when it is called otherwise now

    @classmethod
    def open(cls, settings: Settings, *, readonly: bool = False) -> Site:
        """Open the site's store; made when it is not there, unless `readonly`.

        Raises:
            PlaceError: others could write in the state folder, or something else stands there where a file should.
            StateError: the store is missing (readonly), newer than this tool, or cannot be reached.
        """
        see_state(settings.state)
        target: Path | str = settings.state_url or settings.state / "state.db"
        site = cls(settings, Store.open(target, tool_version=TOOL_VERSION, readonly=readonly))
        if not readonly:
            site.adopted = site._claim()
        return site

    def _claim(self) -> str | None:
        """See that the site is written down; the name under which an older version had filed it, when it has another now."""
        if is_known(self.settings):
            return None
        machines = self.store.sites()
        here = this_machine()
        return claim(self.settings, machines, [key for key, machine in machines.items() if machine not in (None, here)])

    @functools.cached_property
    def key(self) -> str:
        """What the site is filed under in its store."""
        return key_of(self.settings)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The site's ledger."""
        return self.store.ledger(self.key)

    @functools.cached_property
    def host(self) -> RealHost:
        """The site's host."""
        return open_host(self.settings)

    @property
    def lease(self) -> Lease:
        """The site's lease."""
        return self.store.lease(self.key, self.settings.state, self.settings.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.store.close()
