"""The database updates that a package will bring, told before it is staged."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_kit import file, gui, ref_for, tarball

from orchestrator.releases.preview import update_versions
from workflows.model.plans import PackageKind

LISTS = [
    file("WEB-INF/classes/mandatoryDbChanges_mariadb.csv", b"21.04.000.079\n25.07.032\n"),
    file("WEB-INF/classes/mandatoryDbChanges_mysql.csv", b"20.01.001\n"),
    file("WEB-INF/classes/mandatoryDbChanges_postgres.csv", b"25.07.508\n"),
]


@pytest.mark.parametrize("kind", [PackageKind.GUI, PackageKind.COMPLETE])
def test_only_the_list_of_the_releases_own_dialect_counts(tmp_path: Path, kind: PackageKind) -> None:
    for version, known in (("25.11.078", {"21.04.000.079", "25.07.032"}), ("22.04.000.238", {"20.01.001"})):
        package = tarball(gui(version, LISTS))
        if kind is PackageKind.COMPLETE:
            package = tarball([file(f"openemm-gui-{version}.tar.gz", package)])
        path = tmp_path / f"openemm-{kind}-{version}.tar.gz"
        path.write_bytes(package)
        assert update_versions([ref_for(path, kind, version)]) == known
