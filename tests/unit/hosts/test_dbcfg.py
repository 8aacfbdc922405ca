"""~/etc/dbcfg."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.database.dbcfg import DbcfgError

ENTRY = (
    "openemm: dbms=mariadb, host=localhost, user=agnitas, password=se=cret, name=openemm, "
    "jdbc-connect=jdbc:mariadb://localhost/openemm?zeroDateTimeBehavior=convertToNull&useUnicode=true, "
    "jdbc-driver=org.mariadb.jdbc.Driver\n"
)


def read(tmp_path: Path, text: str) -> dbcfg.DbConfig:
    path = tmp_path / "dbcfg"
    path.write_text(text)
    return dbcfg.read(path)


def test_an_entry_is_read_with_equal_signs_in_its_values(tmp_path: Path) -> None:
    config = read(tmp_path, f"# the database\n\n{ENTRY}")
    assert (config.dbms, config.host, config.port, config.user, config.name) == (
        "mariadb", "localhost", 3306, "agnitas", "openemm",
    )  # fmt: skip
    assert config.password == "se=cret"
    assert config.jdbc_connect.endswith("?zeroDateTimeBehavior=convertToNull&useUnicode=true")


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    assert "se=cret" not in repr(read(tmp_path, ENTRY))


@pytest.mark.parametrize("host", ["db.example.com:3307", "db.example.com, port=3307"])
def test_the_port_may_stand_in_the_host_or_by_itself(tmp_path: Path, host: str) -> None:
    config = read(tmp_path, f"openemm:dbms=mysql,host={host},user=u,password=,name=n")
    assert (config.host, config.port, config.password) == ("db.example.com", 3307, "")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "dbcfg-no-entry"),
        ("emm: user=u, password=p, name=n", "dbcfg-no-entry"),
        ("openemm: user=u, password=p, name=n\nemm: user=u, password=p, name=n", "dbcfg-several-entries"),
        ("openemm: user=u, password=p, name=n\nopenemm: user=u, password=q, name=n", "dbcfg-several-entries"),
        ("openemm: user=u, password=Kx,Yz, name=n", "dbcfg-comma-in-password"),
        ("openemm: user=u, password=Kx, Yz=w, name=n", "dbcfg-comma-in-password"),
        ("openemm: user=u, password=Kx,user=Yz, name=n", "dbcfg-comma-in-password"),
        ("openemm: user=u, password=p, name=n, user=v", "dbcfg-unreadable"),
        ("openemm: user=u, password=p", "dbcfg-unreadable"),
        ("openemm: user=, password=, name=n", "dbcfg-no-user"),
        ("openemm: user=, password=p, name=n", "dbcfg-unreadable"),
        ("openemm: user=u, password=p, name=n, port=x", "dbcfg-unreadable"),
        ("no entry at all", "dbcfg-unreadable"),
    ],
)
def test_a_file_its_readers_would_not_agree_on_is_refused_without_quoting_it(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(DbcfgError) as caught:
        read(tmp_path, text)
    assert caught.value.error_key == key
    assert caught.value.exit_code == 3
    assert caught.value.next
    assert "Kx" not in str(caught.value.as_dict())
    assert "Yz" not in str(caught.value.as_dict())


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DbcfgError) as caught:
        dbcfg.read(tmp_path / "etc" / "dbcfg")
    assert caught.value.error_key == "dbcfg-missing"


def test_a_file_that_is_not_text_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "dbcfg").write_bytes(b"openemm: user=\xff")
    with pytest.raises(DbcfgError) as caught:
        dbcfg.read(tmp_path / "dbcfg")
    assert caught.value.error_key == "dbcfg-unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_we_may_not_read_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "dbcfg").write_text(ENTRY)
    (tmp_path / "dbcfg").chmod(0)
    with pytest.raises(DbcfgError) as caught:
        dbcfg.read(tmp_path / "dbcfg")
    assert caught.value.error_key == "dbcfg-unreadable"
