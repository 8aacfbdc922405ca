"""Which database jdbc-connect names, held against host=, port and name= of the same dbcfg (facts 5.1 and 24.3).

The web application is connected by jdbc-connect; the backend, the vendor's scripts and this tool by host= and name=.
"""

from __future__ import annotations

import functools
import os
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote

from orchestrator.hosts.database.dbcfg import DEFAULT_PORT, DbConfig, host_and_port

LOCAL = frozenset({"localhost", "localhost.localdomain", "127.0.0.1", "::1"})
_URL = re.compile(
    r"jdbc:(?:mariadb|mysql)(?::[a-z]+)?://(?P<servers>(?:address=(?:\([^()]*\))+|[^/?,])*(?:,(?:address=(?:\([^()]*\))+|[^/?,])*)*)"
    r"(?:/(?P<name>[^?]*))?(?:\?(?P<parameters>.*))?",
    re.IGNORECASE,
)
_PART = re.compile(r"\(\s*(\w+)\s*=\s*([^()]*)\)")


@dataclass(frozen=True)
class JdbcTarget:
    """What a JDBC URL names. servers: host and port of each, in order; socket: of this host, and then servers mean nothing."""

    servers: tuple[tuple[str, int], ...]
    name: str
    socket: str | None = None


@dataclass(frozen=True)
class Server:
    """The server that this tool is connected to. folds: names of databases are compared without case.

    port: 0 where it listens on none, or where it does not count; socket: its own, "" where it has none.
    """

    port: int
    socket: str
    folds: bool


def parse(url: str) -> JdbcTarget | None:
    """Read a JDBC URL of MariaDB or MySQL; None when it is none. Without a port it is 3306, without a host this one."""
    match = _URL.fullmatch(url.strip())
    if match is None:
        return None
    servers = tuple(_server(part) for part in re.split(r",(?![^()]*\))", match["servers"]))
    if not all(port for _, port in servers):
        return None
    parameters = {key.lower(): values[-1] for key, values in parse_qs(match["parameters"] or "").items()}
    return JdbcTarget(servers, unquote(match["name"] or "").strip(), parameters.get("localsocket"))


def differences(config: DbConfig, server: Server, own_names: Callable[[], frozenset[str]]) -> list[str]:
    """What jdbc-connect names otherwise than host=, port and name=; empty where it says the same, or is not there.

    Args:
        config: the entry.
        server: what this tool is connected to.
        own_names: how else than as localhost this host may be called.
    """
    if not config.jdbc_connect:
        return []
    target = parse(config.jdbc_connect)
    if target is None:
        return ["jdbc-connect cannot be read as jdbc:mariadb://HOST:PORT/NAME"]
    return [*_names(config.name, target.name, folds=server.folds), *_places(config, target, server, own_names)]


def wanted(config: DbConfig, server: Server) -> str:
    """The jdbc-connect that names what the rest of the entry names: the site's own, with another place and name."""
    match = _URL.fullmatch(config.jdbc_connect.strip())
    place = config.host if config.port == DEFAULT_PORT else f"{config.host}:{config.port}"
    place = f"[{config.host}]" if config.host.count(":") > 1 else place
    parameters = [part for part in ((match and match["parameters"]) or "").split("&") if part]
    others = [part for part in parameters if not part.lower().startswith("localsocket=")]
    if len(others) < len(parameters) and server.socket.startswith("/") and _same_host("localhost", config.host, own_names):
        others.insert(0, f"localSocket={server.socket}")
    return f"jdbc:{config.dbms or 'mariadb'}://{place}/{config.name}{'?' if others else ''}{'&'.join(others)}"


def own_names() -> frozenset[str]:
    """The host's own name, short and in full."""
    names = {os.uname().nodename, socket.gethostname()}
    return frozenset(name.lower() for full in names for name in (full, full.partition(".")[0]) if name)


def _names(own: str, other: str, *, folds: bool) -> list[str]:
    if not other:
        return [f"jdbc-connect names no database, name={own}"]
    same = own.lower() == other.lower() if folds else own == other
    return [] if same else [f"jdbc-connect names database {other}, name={own}"]


def _places(config: DbConfig, target: JdbcTarget, server: Server, names: Callable[[], frozenset[str]]) -> Iterator[str]:
    if target.socket is not None:
        if not _same_file(target.socket, server.socket):
            yield f"jdbc-connect names socket {target.socket}, the server has {server.socket or 'none'}"
        if not _same_host("localhost", config.host, names):
            yield f"jdbc-connect names a socket of this host, host={config.host}"
        return
    for host, port in target.servers:
        if port != config.port or (server.port and port != server.port):
            yield f"jdbc-connect names port {port}, host= port {config.port}, and the server has {server.port or 'that'}"
        if not _same_host(host, config.host, names):
            yield f"jdbc-connect names host {host}, host={config.host}"


def _server(text: str) -> tuple[str, int]:
    """Host and port; port 0 when it is no number."""
    text = text.strip()
    if text.lower().startswith("address="):
        parts = {key.lower(): value.strip() for key, value in _PART.findall(text)}
        return parts.get("host", "").strip("[]").lower() or "localhost", _port(parts.get("port", ""))
    host, port = host_and_port(text)
    return host.lower() or "localhost", _port(port)


def _port(text: str) -> int:
    return int(text) if text.isdecimal() else 0 if text else DEFAULT_PORT


def _same_file(one: str, other: str) -> bool:
    if not other.startswith("/"):  # relative to the server's data
        return bool(other) and Path(one).name == Path(other).name
    return Path(one).resolve() == Path(other).resolve()


def _same_host(one: str, other: str, names: Callable[[], frozenset[str]]) -> bool:
    one, other = (name.rstrip(".").lower() for name in (one, other))
    if one == other:
        return True
    here = LOCAL | names()
    if one in here and other in here:
        return True
    return bool(_addresses(one) & _addresses(other))


@functools.cache
def _addresses(host: str) -> frozenset[str]:
    """What the resolver makes of a name; empty when nothing."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()
