"""A restore is held against its manifest before anything of the present database moves, and again when it stands in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.hosts.backups import manifest, swap
from orchestrator.hosts.backups.manifest import BackupError, Manifest
from tests.durable import durable

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
