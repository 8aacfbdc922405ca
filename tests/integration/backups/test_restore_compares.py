"""A restore is held against its manifest before anything of the present database moves, and again when it stands in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.hosts.backups import manifest, swap
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.hosts.backups.manifest import BackupError, Manifest
from orchestrator.hosts.database import accounts, pinned
from orchestrator.hosts.database.pinned import DatabaseChangedError
from tests.durable import durable
from tests.remedies.follow import follow

pytestmark = pytest.mark.integration


def doctored(site: Any, change: Callable[[Manifest], dict[str, Any]]) -> None:
    """Let the manifest of a trusted backup promise something else."""
    site.trusted()
    found = manifest.read(site.folder)
    manifest.write(site.folder, found.model_copy(update=change(found)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: {"rows": {**m.rows, "customer_1_tbl": 501}}, "customer_1_tbl"),
        (lambda m: {"rows": {**m.rows, "gone_tbl": 0}}, "gone_tbl"),
        (lambda m: {"rows": {t: n for t, n in m.rows.items() if t != "image_tbl"}}, "image_tbl"),
        (lambda m: {"versions": (*m.versions, "20.01.008")}, "20.01.008"),
    ],
)
def test_rows_tables_and_versions_are_compared_before_anything_moves(
    site: Any, change: Callable[[Manifest], dict[str, Any]], told: str
) -> None:
    doctored(site, change)
    site.upgrade()
    before = site.content()
    with pytest.raises(BackupError) as caught:
        site.restore()
    assert caught.value.error_key == "backup-differs"
    assert any(told in line for line in caught.value.detail)
    assert site.content() == before
    assert site.databases() == {site.database, swap.temporary_name(site.database, f"{site.database}_kept")}
    assert not site.backups.restored("R-hop1", keep_as=f"{site.database}_kept")


def test_the_database_is_compared_again_when_it_stands_in_its_place(site: Any) -> None:
    doctored(site, lambda m: {"objects": (*m.objects, "view phantom_view")})
    with pytest.raises(BackupError) as caught:
        site.restore()
    assert caught.value.error_key == "backup-differs"
    assert any("phantom_view" in line for line in caught.value.detail)
    assert not site.backups.restored("R-hop1", keep_as=f"{site.database}_kept")


def test_a_temporary_database_with_tables_in_it_is_never_dropped(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.trusted()
    temporary = swap.temporary_name(site.database, f"{site.database}_kept")
    real = swap.Swap._place

    def and_a_table(self: swap.Swap, progress: Any) -> None:
        real(self, progress)
        site.sql("CREATE TABLE somebodys (id INT)", database=temporary)

    monkeypatch.setattr(swap.Swap, "_place", and_a_table)
    with pytest.raises(BackupError) as caught:
        site.restore()
    assert (caught.value.error_key, list(caught.value.detail)) == ("swap-tables-missing", ["somebodys"])
    assert temporary in site.databases()
    site.sql("DROP TABLE somebodys", database=temporary)
    site.restore()
    assert temporary not in site.databases()


def test_a_backup_is_durable_when_it_is_said_to_be_there_to_be_proven_and_to_be_gone(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with durable(monkeypatch, site.settings.home.parent) as recorder:
        site.create()
    assert recorder.renames, "dump and manifest get their names by rename"
    with durable(monkeypatch, site.settings.home.parent, passing=site.settings.scratch):
        site.backups.verify("R-hop1", lambda done, total: None)
    with durable(monkeypatch, site.settings.home.parent):
        site.restore()
    site.sql(f"DROP DATABASE {site.database}_kept", database="mysql")
    with durable(monkeypatch, site.settings.home.parent):
        site.backups.remove("R-hop1")


def test_a_backup_of_another_database_is_refused_until_dbcfg_names_its_own(site: Any) -> None:
    """OpenEMM's user may write dbcfg; whatever it named would be replaced by the administrator's account."""
    dbcfg, other = site.settings.home / "etc/dbcfg", f"{site.database}_payroll"
    site.trusted()
    site.sql(f"CREATE DATABASE {other}", f"CREATE TABLE {other}.salary AS SELECT 1 AS amount")
    ours = dbcfg.read_text()
    dbcfg.write_text(ours.replace(f"name={site.database}", f"name={other}"))
    for attempt in (site.restore, lambda: site.backups.check("R-hop1")):
        with pytest.raises(BackupError) as caught:
            attempt()
        assert caught.value.error_key == "backup-of-another-database"
    assert site.databases() == {site.database, other}
    assert site.sql(f"SELECT * FROM {other}.salary") == [(1,)]
    follow(caught.value.next[0])
    assert dbcfg.read_text() == ours
    site.restore()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_where_dbcfg_is_anothers_he_writes_it(site: Any) -> None:
    dbcfg = site.settings.home / "etc/dbcfg"
    site.trusted()
    ours = dbcfg.read_text()
    dbcfg.write_text(ours.replace(f"name={site.database}", "name=payroll"))
    for path in (site.settings.home, dbcfg.parent, dbcfg):
        shutil.chown(path, "daemon")
    his = site.settings.model_copy(update={"user": "daemon"})
    with pytest.raises(BackupError) as caught:
        RealBackups(his).check("R-hop1")
    follow(caught.value.next[0])
    assert (dbcfg.read_text(), dbcfg.owner()) == (ours, "daemon")
    with pinned.pinned(his, {**pinned.named(his), "name": "payroll"}), pytest.raises(DatabaseChangedError) as changed:
        accounts.application(his)
    follow(changed.value.next[0])
    assert pinned.named(his)["name"] == "payroll"


@pytest.mark.parametrize("change", [
    {"name": "pay'roll|&\\"}, {"user": "else"}, {"host": "db2.example.com"}, {"host": "::1"}, {"port": 3307},
    {"name": "payroll", "host": "127.0.0.1", "port": 3310, "user": "admin"},
])  # fmt: skip
def test_while_a_run_goes_on_dbcfg_names_what_it_named_when_it_began(site: Any, change: dict[str, Any]) -> None:
    settings, dbcfg = site.settings, site.settings.home / "etc/dbcfg"
    began, ours = {**pinned.named(settings), **change}, dbcfg.read_text()
    with pinned.pinned(settings, began):
        with pytest.raises(DatabaseChangedError) as caught:
            accounts.application(settings)
        assert "s3 cr" not in str(caught.value.as_dict())
        follow(caught.value.next[0])
        account, name = accounts.application(settings)
        assert {"host": account.host, "port": account.port, "user": account.user, "name": name} == began
    dbcfg.write_text(ours)
    accounts.application(settings)
