"""The property files as a release shipped them, found on this host without downloading anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.releases.site import SitePackages
from orchestrator.sandbox.packages import RELEASES, packages
from orchestrator.settings import Settings

OLD, _, NEW = RELEASES
BUILT = {name: data for release in (OLD, NEW) for name, data in packages(release)}
GUI, WEBSERVICES = f"openemm-gui-{OLD.frontend}.tar.gz", f"openemm-webservices-{OLD.frontend}.tar.gz"


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    for folder in ("packages", "home/release/emm", "home/release/webservices", "state/downloads"):
        (tmp_path / folder).mkdir(parents=True)
    return Settings(home=tmp_path / "home", state=tmp_path / "state", packages=str(tmp_path / "packages"))


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(BUILT[name])


@pytest.mark.parametrize(
    "where",
    [lambda s: Path(s.packages), lambda s: s.state / "downloads", lambda s: s.home / "release/emm"],
    ids=["package folder", "downloads", "beside the release"],
)
def test_they_are_found_where_a_package_lies(site: Settings, where: Callable[[Settings], Path]) -> None:
    put(where(site), GUI, WEBSERVICES)
    shipped = SitePackages(site).shipped(OLD.frontend)
    assert shipped is not None
    assert (shipped.version, shipped.emm["ApplicationVersion"]) == (OLD.frontend, OLD.frontend)
    assert shipped.emm["mailaddress.sender.name"] == "OpenEMM"
    assert shipped.webservices["wsdlLocationUri"] == "http://[to be defined]/2.0/"


def test_they_are_found_inside_a_complete_package(site: Settings) -> None:
    put(Path(site.packages), f"openemm-{NEW.frontend}.tar.gz")
    shipped = SitePackages(site).shipped(NEW.frontend)
    assert shipped is not None
    assert shipped.emm["ApplicationVersion"] == NEW.frontend
    assert shipped.webservices == {}


def test_what_is_not_there_or_cannot_be_read_or_is_a_link_is_as_none(site: Settings, tmp_path: Path) -> None:
    put(tmp_path, GUI)
    (site.home / "release/emm" / GUI).symlink_to(tmp_path / GUI)
    assert SitePackages(site).shipped(OLD.frontend) is None
    (Path(site.packages) / GUI).write_bytes(BUILT[GUI][:200])
    assert SitePackages(site).shipped(OLD.frontend) is None
    assert SitePackages(site).shipped("19.10.000.171") is None
