"""Foreign keys between OpenEMM's database and another of the same server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
from conftest import quiet

from orchestrator.hosts.backups.manifest import BackupError
from state import faults
from tests.remedies.follow import follow

pytestmark = pytest.mark.integration


@pytest.fixture(name="shop")
def another_application(site: Any) -> Iterator[str]:
    """A database whose orders refer to companies of OpenEMM's, by two columns in all ways a key can be."""
    name = f"{site.database}_shop"
    site.sql(
        f"CREATE DATABASE {name}",
        "ALTER TABLE company_tbl ADD UNIQUE both_of (company_id, name)",
        f"CREATE TABLE {name}.orders (id INT PRIMARY KEY, company INT, name VARCHAR(50), "
        f"CONSTRAINT `to one` FOREIGN KEY (company) REFERENCES {site.database}.company_tbl (company_id) ON DELETE CASCADE, "
        f"CONSTRAINT both_of FOREIGN KEY (company, name) REFERENCES {site.database}.company_tbl (company_id, name) "
        "ON UPDATE SET NULL ON DELETE SET NULL)",
        f"INSERT INTO {name}.orders VALUES (1, 1, NULL), (2, 2, NULL)",
    )  # fmt: skip
    yield name
    site.sql(f"DROP DATABASE {name}")


def keys(site: Any, shop: str) -> list[str]:
    """As the server tells them."""
    return [line.strip(" ,") for line in site.sql(f"SHOW CREATE TABLE {shop}.orders")[0][1].splitlines() if "FOREIGN KEY" in line]


def test_they_guard_what_stands_in_place_after_a_restore_and_after_it_is_put_back(site: Any, shop: str) -> None:
    before = keys(site, shop)
    site.proven()
    site.upgrade()
    kept = site.restore()
    assert keys(site, shop) == before
    with pytest.raises(pymysql.err.IntegrityError):
        site.sql(f"INSERT INTO {shop}.orders VALUES (3, 99, NULL)")
    site.sql("INSERT INTO company_tbl VALUES (99, 'new')", f"INSERT INTO {shop}.orders VALUES (3, 99, NULL)")
    site.backups.restore_kept(kept, keep_as=f"{site.database}_again", progress=quiet)
    assert keys(site, shop) == before
    assert site.sql(f"SELECT COUNT(*) FROM {shop}.orders") == [(3,)]


@pytest.mark.parametrize("place", range(1, 25, 4))
def test_they_come_back_wherever_a_restore_was_cut_off_and_taken_back(
    site: Any, shop: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, kept, passed = keys(site, shop), f"{site.database}_kept", 0

    def cut(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == place:
            raise KeyboardInterrupt

    site.trusted()
    with monkeypatch.context() as patch:
        patch.setattr(faults, "place", cut)
        with pytest.raises(KeyboardInterrupt):
            site.restore()
    site.backups.take_back(kept, keep_as=f"{kept}_back", progress=quiet)
    assert keys(site, shop) == before


def test_one_onto_a_table_of_a_later_release_stays(site: Any, shop: str) -> None:
    site.trusted()
    site.sql(
        "CREATE TABLE newer_tbl (id BIGINT PRIMARY KEY)", f"ALTER TABLE {shop}.orders ADD newer BIGINT",
        f"ALTER TABLE {shop}.orders ADD CONSTRAINT to_newer FOREIGN KEY (newer) REFERENCES {site.database}.newer_tbl (id)",
    )  # fmt: skip
    before = keys(site, shop)
    site.restore()
    assert keys(site, shop) == before


def test_one_that_does_not_fit_what_was_restored_is_named_and_made_when_that_is_taken_back(site: Any, shop: str) -> None:
    site.trusted()
    site.sql(
        "CREATE TABLE later_tbl AS SELECT 1 AS id", "RENAME TABLE later_tbl TO x_tbl, log_tbl TO later_tbl, x_tbl TO log_tbl",
        f"ALTER TABLE {shop}.orders ADD entry INT NULL", "ALTER TABLE log_tbl ADD PRIMARY KEY (id)",
        f"ALTER TABLE {shop}.orders ADD CONSTRAINT to_log FOREIGN KEY (entry) REFERENCES {site.database}.log_tbl (id)",
    )  # fmt: skip
    before = keys(site, shop)
    with pytest.raises(BackupError) as caught:
        site.restore()
    assert caught.value.error_key == "foreign-key-refused"
    assert f"{shop}.orders refers to {site.database}.log_tbl: its foreign key to_log does not fit" in caught.value.message
    site.backups.take_back(f"{site.database}_kept", keep_as=f"{site.database}_back", progress=quiet)
    assert keys(site, shop) == before


def test_one_of_ours_onto_another_database_stops_before_the_stop(site: Any, shop: str) -> None:
    user = "oe" + site.database.removeprefix("backups")
    site.sql(
        f"CREATE TABLE {shop}.product (id INT PRIMARY KEY)", f"GRANT REFERENCES ON {shop}.* TO '{user}'@'localhost'",
        f"ALTER TABLE log_tbl ADD product INT, ADD CONSTRAINT `out'of` FOREIGN KEY (product) REFERENCES {shop}.product (id)",
    )  # fmt: skip
    for attempt in (site.backups.can_restore, site.create):
        with pytest.raises(BackupError) as caught:
            attempt()
        assert caught.value.error_key == "foreign-key-outward"
        assert f"its table log_tbl refers to {shop}.product" in caught.value.message
    follow(caught.value.next[0], socket=site.settings.database.socket)
    site.backups.can_restore()
    site.proven()
