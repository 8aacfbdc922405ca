"""jdbc-connect held against the rest of dbcfg (facts 24.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.hosts.database import dbcfg, jdbc
from orchestrator.hosts.database.dbcfg import DbConfig
from orchestrator.hosts.database.jdbc import Server

HERE = frozenset({"news.example.test", "news"})
SOCKET = "/run/mysqld/mysqld.sock"


def config(url: str, host: str = "localhost", port: int = 3306, name: str = "openemm") -> DbConfig:
    return DbConfig("mariadb", host, port, "openemm", "x", name, url)


def differ(
    url: str, host: str = "localhost", port: int = 3306, *, server: Server | None = None, name: str = "openemm"
) -> list[str]:
    return jdbc.differences(config(url, host, port, name), server or Server(0, SOCKET, folds=True), lambda: HERE)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("", "db1", 3306),
        ("jdbc:mariadb://localhost/openemm", "localhost", 3306),
        ("jdbc:mariadb://localhost:3306/openemm?useUnicode=true&characterEncoding=UTF-8", "localhost", 3306),
        ("jdbc:mariadb://127.0.0.1/openemm", "localhost", 3306),
        ("jdbc:mariadb://localhost/openemm", "news.example.test", 3306),
        ("jdbc:mariadb://NEWS/openemm", "127.0.0.1", 3306),
        ("jdbc:mariadb://[::1]:3306/openemm", "localhost", 3306),
        ("jdbc:mariadb:///openemm", "localhost", 3306),
        ("jdbc:mysql://db1.example.test:3307/OpenEMM?useSSL=true", "db1.example.test", 3307),
        ("jdbc:mariadb:sequential://localhost,127.0.0.1/openemm", "localhost", 3306),
        ("jdbc:mariadb://address=(host=localhost)(port=3306)(type=master)/openemm", "localhost", 3306),
        (f"jdbc:mariadb://localhost/openemm?localSocket={SOCKET}", "localhost", 3306),
        (f"jdbc:mariadb://db9/openemm?localSocket={SOCKET}&useUnicode=true", "localhost", 3306),
        ("jdbc:mariadb://[fe80::2]/openemm", "fe80::2", 3306),
    ],
)
def test_what_means_the_same_database_is_taken(url: str, host: str, port: int) -> None:
    assert differ(url, host, port) == []


@pytest.mark.parametrize(
    ("url", "host", "said"),
    [
        ("jdbc:mariadb://localhost/other", "localhost", "names database other"),
        ("jdbc:mariadb://localhost/", "localhost", "names no database"),
        ("jdbc:mariadb://localhost", "localhost", "names no database"),
        ("jdbc:mariadb://localhost:3307/openemm", "localhost", "names port 3307"),
        ("jdbc:mariadb://192.0.2.7/openemm", "localhost", "names host 192.0.2.7"),
        ("jdbc:mariadb://192.0.2.7,192.0.2.8/openemm", "192.0.2.7", "names host 192.0.2.8"),
        ("jdbc:mariadb://address=(host=192.0.2.7),address=(host=192.0.2.8)/openemm", "192.0.2.7", "192.0.2.8"),
        ("jdbc:mariadb://localhost/openemm?localSocket=/tmp/other.sock", "localhost", "names socket /tmp/other.sock"),
        (f"jdbc:mariadb://localhost/openemm?localSocket={SOCKET}", "192.0.2.7", "a socket of this host"),
        ("jdbc:mariadb://localhost:port/openemm", "localhost", "cannot be read"),
        ("jdbc:oracle:thin:@db1:1521:openemm", "localhost", "cannot be read"),
    ],
)
def test_what_means_another_is_told(url: str, host: str, said: str) -> None:
    found = differ(url, host)
    assert len(found) == 1
    assert said in found[0]


def test_a_server_that_tells_names_apart_by_case_makes_two_of_them() -> None:
    url = "jdbc:mariadb://localhost/OpenEMM"
    assert differ(url) == []
    assert differ(url, server=Server(0, SOCKET, folds=False)) == ["jdbc-connect names database OpenEMM, name=openemm"]


def test_a_server_that_we_reach_by_its_socket_listens_on_the_port_that_dbcfg_names() -> None:
    url = "jdbc:mariadb://localhost/openemm"
    assert differ(url, server=Server(3306, SOCKET, folds=True)) == []
    assert "the server has 3307" in differ(url, server=Server(3307, SOCKET, folds=True))[0]


@pytest.mark.parametrize(
    ("url", "host", "wanted"),
    [
        ("jdbc:mariadb://192.0.2.7:3307/other?useSSL=true&x=y", "localhost", "jdbc:mariadb://localhost/openemm?useSSL=true&x=y"),
        ("jdbc:mariadb://localhost/x?localSocket=/tmp/o&a=b", "localhost", f"jdbc:mariadb://localhost/openemm?localSocket={SOCKET}&a=b"),
        ("nonsense", "fe80::2", "jdbc:mariadb://[fe80::2]/openemm"),
    ],
)  # fmt: skip
def test_the_value_that_would_agree_keeps_the_sites_parameters(url: str, host: str, wanted: str) -> None:
    server = Server(0, SOCKET, folds=True)
    assert jdbc.wanted(config(url, host), server) == wanted
    assert jdbc.differences(config(wanted, host), server, jdbc.own_names) == []


@pytest.mark.parametrize(
    ("host", "read"),
    [("[::1]:3307", ("::1", 3307)), ("[::1]", ("::1", 3306)), ("::1", ("::1", 3306)), ("db1:3307", ("db1", 3307))],
)
def test_an_ipv6_address_is_read_with_and_without_brackets(tmp_path: Path, host: str, read: tuple[str, int]) -> None:
    path = tmp_path / "dbcfg"
    path.write_text(f"openemm: host={host}, user=u, password=p, name=n\n")
    found = dbcfg.read(path)
    assert (found.host, found.port) == read
