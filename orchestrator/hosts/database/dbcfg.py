"""How OpenEMM's database is reached: ~/etc/dbcfg, where every reader of it agrees (facts 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from orchestrator.acting import below
from orchestrator.files import small_text
from workflows.model.errors import RefusedError

DEFAULT_PORT = 3306
_KEYS = frozenset(
    {"dbms", "host", "port", "user", "password", "name", "jdbc-connect", "jdbc-driver", "secure", "sid", "tablespaces"}
)
_DRIVERS = {"mariadb": "org.mariadb.jdbc.Driver", "mysql": "com.mysql.cj.jdbc.Driver"}
_PARAMETERS = "zeroDateTimeBehavior=convertToNull&useUnicode=true&characterEncoding=UTF-8"  # guide 5.2
_PLAIN = re.compile(r"[A-Za-z0-9_.:/-]+")  # what no reader stumbles over
_LINE = re.compile(r"([A-Za-z0-9_.-]+)\s*:\s*(.*)")


class DbcfgError(RefusedError):
    """The file cannot be used; nothing was changed."""

    key = "dbcfg-unreadable"


@dataclass(frozen=True)
class DbConfig:
    """An entry of dbcfg. dbms: "mariadb" or "mysql" as a rule, "" when the entry names none."""

    dbms: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str
    jdbc_connect: str = ""
    jdbc_driver: str = ""


def read(path: Path, entry: str = "openemm") -> DbConfig:
    """Read the one entry of a dbcfg file.

    Raises:
        DbcfgError: "dbcfg-missing", "dbcfg-unreadable", "dbcfg-no-entry", "dbcfg-no-user" (the user and the password are empty),
            "dbcfg-several-entries" (the vendor's SQL runner takes the last host, user and password of the whole file),
            "dbcfg-comma-in-password" (the readers split there). No value is ever quoted.
    """
    lines = _lines(path)
    found: dict[str, str] = {}
    for number, line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            _refuse(path, f"line {number} is not of the form name: key=value, key=value")
        if match[1] in found:
            _refuse(path, f"it has two entries {match[1]}", "dbcfg-several-entries")
        found[match[1]] = match[2]
    if entry not in found:
        has = f"it has {', '.join(found)}" if found else "it is empty"
        _refuse(path, f"there is no entry {entry}; {has}", "dbcfg-no-entry")
    if len(found) > 1:
        _refuse(
            path,
            f"it has the entries {', '.join(found)}, and the vendor's scripts mix the values of several; leave only {entry}",
            "dbcfg-several-entries",
        )
    return _config(path, _values(path, found[entry]))


def text(config: DbConfig, socket: Path | None = None, entry: str = "openemm") -> str:
    """The content of a dbcfg file with this one entry, in the vendor's order (guide 5.2).

    Args:
        config: its JDBC values are made from the others.
        socket: the server's, where it does not listen on a port.
        entry: its name.

    Raises:
        DbcfgError: "dbcfg-value-unsafe": a value holds what one of the readers splits at.
    """
    for name in ("dbms", "host", "user", "password", "name"):
        if not _PLAIN.fullmatch(getattr(config, name)):
            raise DbcfgError(f"cannot write dbcfg: {name} must be of letters, digits and _ . : / -", key="dbcfg-value-unsafe")
    host = config.host if config.port == DEFAULT_PORT else f"{config.host}:{config.port}"
    server, parameters = (host, _PARAMETERS) if socket is None else ("localhost", f"localSocket={socket}")
    return (
        f"{entry}: dbms={config.dbms}, name={config.name}, jdbc-connect=jdbc:{config.dbms}://{server}/{config.name}?{parameters},"
        f" host={host}, user={config.user}, jdbc-driver={_DRIVERS[config.dbms]}, password={config.password}\n"
    )


def host_and_port(text: str) -> tuple[str, str]:
    """Split what names a server; port "" where there is none. An IPv6 address stands in brackets, or without a port."""
    text = text.strip()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    if text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    return host, port


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines with their numbers, without comments and empty ones."""
    try:
        with below(path):
            text = small_text(path)
    except FileNotFoundError:
        raise DbcfgError(
            f"cannot find {path}: how the database is reached is written there",
            key="dbcfg-missing",
            next=[f"ls -l {path.parent}    is the home the right one?"],
        ) from None
    except OSError as error:
        _refuse(path, str(error.strerror))
    except UnicodeDecodeError:
        _refuse(path, "it is not UTF-8")
    numbered = enumerate((line.strip() for line in text.splitlines()), start=1)
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _values(path: Path, text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    last = ""
    for part in text.split(","):
        key, equals, value = part.strip().partition("=")
        key = key.strip()
        if last == "password" and (not equals or key not in _KEYS or key in values):
            _refuse(
                path,
                "the password holds a comma, at which OpenEMM's own readers split; choose another password",
                "dbcfg-comma-in-password",
            )
        if not part.strip():
            continue
        if not equals:
            _refuse(path, f"a value behind {last or 'the name'} has no key")
        if key in values:
            _refuse(path, f"{key} is there twice")
        values[key] = value.strip()
        last = key
    return values


def _config(path: Path, values: dict[str, str]) -> DbConfig:
    host, port = host_and_port(values.get("host", ""))
    port = values.get("port", port)
    if port and not port.isdecimal():
        _refuse(path, "the port is not a number")
    missing = [key for key in ("user", "password", "name") if not values.get(key) and (key != "password" or key not in values)]
    if missing:
        nobody = values.get("user") == values.get("password") == ""  # as the vendor's tool leaves it where nothing is set up
        _refuse(path, f"the entry does not say {', '.join(missing)}", "dbcfg-no-user" if nobody else DbcfgError.key)
    return DbConfig(
        dbms=values.get("dbms", "").lower(),
        host=host or "localhost",
        port=int(port) if port else DEFAULT_PORT,
        user=values["user"],
        password=values["password"],
        name=values["name"],
        jdbc_connect=values.get("jdbc-connect", ""),
        jdbc_driver=values.get("jdbc-driver", ""),
    )


def _refuse(path: Path, why: str, key: str = DbcfgError.key) -> NoReturn:
    raise DbcfgError(f"cannot use {path}: {why}", key=key, next=[f"{path}    mend it, then the same command again"]) from None
