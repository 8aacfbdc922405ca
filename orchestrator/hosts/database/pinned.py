"""Which database a run is about: what dbcfg named when it began (DESIGN 3.13). The file is OpenEMM's user's to write."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.database.dbcfg import DEFAULT_PORT, DbConfig
from orchestrator.settings import Settings
from workflows.model.errors import RefusedError

Named = Mapping[str, str | int]  # host, port, name and user
_pins: dict[Path, Named] = {}  # by home; a process drives one run of it


class DatabaseChangedError(RefusedError):
    """The file names another database than it did; nothing was done with either."""

    key = "database-changed"


def file_of(settings: Settings) -> Path:
    """Where it is written how the database is reached (facts 5.1)."""
    return settings.home / "etc" / "dbcfg"


def named(settings: Settings) -> Named:
    """What dbcfg names now.

    Raises:
        DbcfgError: it cannot be used.
    """
    return _of(dbcfg.read(file_of(settings)))


@contextlib.contextmanager
def pinned(settings: Settings, to: Named | None) -> Iterator[None]:
    """For the time, that database and no other. None: a run that a version of this tool began which did not write it down."""
    if to is not None:
        _pins[settings.home] = to
    try:
        yield
    finally:
        _pins.pop(settings.home, None)


def require_pinned(settings: Settings, config: DbConfig) -> None:
    """See that dbcfg names what it named when the run began.

    Raises:
        DatabaseChangedError: it does not.
    """
    to, now = _pins.get(settings.home), _of(config)
    if to is not None and to != now:
        first = naming(settings, to, now)
        raise DatabaseChangedError(
            f"{file_of(settings)} named {_told(to)} when the run began, and names {_told(now)} now",
            unharmed=["both databases: nothing was done with either since"],
            next=[f"{first}    names the first again; then orchestrate resume"],
        )


def naming(settings: Settings, to: Named, now: Named) -> str:
    """The command that lets dbcfg name that database, as who may write the file."""
    values = {key: str(to[key]) for key in ("name", "user") if to[key] != now[key]}
    if (to["host"], to["port"]) != (now["host"], now["port"]):
        host = f"[{to['host']}]" if ":" in str(to["host"]) else str(to["host"])
        values["host"] = host if to["port"] == DEFAULT_PORT else f"{host}:{to['port']}"
    edits = [rf"s|\([:,] *\){key}=[^,]*|\1{key}={_replacing(value)}|" for key, value in values.items()]
    if "host" in values:
        edits.append(r"s|, *port=[^,]*||")
    script, file = shlex.quote("; ".join(edits)), shlex.quote(str(file_of(settings)))
    if settings.user:
        return f"runuser -u {settings.user} -- sed -i {script} {file}"
    return f"sed -i {script} {file}"


def _replacing(value: str) -> str:
    return "".join(f"\\{character}" if character in "\\|&" else character for character in value)


def _of(config: DbConfig) -> Named:
    return {"host": config.host, "port": config.port, "name": config.name, "user": config.user}


def _told(to: Named) -> str:
    return f"database {to['name']} of {to['host']}:{to['port']} as {to['user']}"
