"""What is active, and switching it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from home_tree import Tree

from orchestrator.hosts.home.home import HomeError, RealHome
from orchestrator.settings import Settings
from tests.remedies.follow import follow
from workflows.model.plans import Component, Link, PackageKind

OLD, NEW = "19.10.000.170", "20.04.000.200"
WEBAPPS = (PackageKind.GUI, PackageKind.STATISTICS, PackageKind.WEBSERVICES)


def activate(home: RealHome, tree: Tree, version: str) -> None:
    trees = [tree.webapp(kind, version) for kind in WEBAPPS]
    home.write_links(home.links_for([*trees, tree.backend(version), tree.manual(version), tree.runtime(version)]))


def test_of_a_fresh_vendor_home_only_the_runtime_is_active(home: RealHome) -> None:
    assert home.active() == {Component.RUNTIME: "19.10.000.005"}
    assert home.active_folder(PackageKind.RUNTIME) == "tomcat9"
    assert home.active_folder(PackageKind.GUI) is None


def test_every_component_is_active_once_its_links_are_written(home: RealHome, tree: Tree, settings: Settings) -> None:
    activate(home, tree, OLD)
    assert home.active() == dict.fromkeys(Component, OLD)
    assert {kind: home.active_folder(kind) for kind in PackageKind} == {
        PackageKind.RUNTIME: f"runtime/openemm-runtime-{OLD}",
        PackageKind.GUI: f"release/emm/openemm-gui-{OLD}",
        PackageKind.STATISTICS: f"release/statistics/openemm-statistics-{OLD}",
        PackageKind.WEBSERVICES: f"release/webservices/openemm-webservices-{OLD}",
        PackageKind.BACKEND: f"release/backend/V{OLD}",
        PackageKind.MANUAL: f"release/manual/openemm-manual-{OLD}",
        PackageKind.COMPLETE: None,
    }


def test_links_are_relative_and_lie_where_the_vendor_has_them(home: RealHome, tree: Tree, settings: Settings) -> None:
    activate(home, tree, OLD)
    expected = {
        "webapps/emm": f"../release/emm/openemm-gui-{OLD}",
        "webapps/statistics": f"../release/statistics/openemm-statistics-{OLD}",
        "webapps/webservices": f"../release/webservices/openemm-webservices-{OLD}",
        "webapps/manual/en": f"../../release/manual/openemm-manual-{OLD}/en",
        "webapps/manual/de": f"../../release/manual/openemm-manual-{OLD}/de",
        "release/backend/current": f"V{OLD}",
        "JAVA": "release/backend/current/JAVA",
        "lib": "release/backend/current/lib",
        "scripts": "release/backend/current/scripts",
        "bin/backend.sh": "../release/backend/current/bin/backend.sh",
        "tomcat": f"runtime/openemm-runtime-{OLD}/tomcat9",
        "conf": "tomcat/conf",
        "logs": "tomcat/logs",
        "bin/emm.sh": "../tomcat/bin/emm.sh",
        "bin/openemm.sh": "../tomcat/bin/openemm.sh",
        "bin/OMT.sh": "../tomcat/bin/OMT.sh",
    }
    assert {name: str((settings.home / name).readlink()) for name in expected} == expected


def test_the_backends_previous_is_what_was_current_and_moves_only_with_it(home: RealHome, tree: Tree) -> None:
    activate(home, tree, OLD)
    new = tree.backend(NEW)
    links = home.links_for([new])
    assert Link("release/backend/previous", f"V{OLD}") in links
    home.write_links(links)
    assert "release/backend/previous" not in [link.path for link in home.links_for([new])]


def test_what_was_read_before_takes_a_switch_back_to_the_last_link(home: RealHome, tree: Tree, settings: Settings) -> None:
    def all_links() -> dict[str, str]:
        found = (Path(folder) / name for folder, names, files in os.walk(settings.home) for name in names + files)
        return {str(path): str(path.readlink()) for path in found if path.is_symlink()}

    activate(home, tree, OLD)
    trees = [tree.webapp(PackageKind.GUI, NEW), tree.backend(NEW), tree.runtime(NEW)]
    before = all_links()
    links = home.links_for(trees)
    recorded = home.read_links([link.path for link in links])
    home.write_links(links)
    assert all_links() != before
    for _ in range(2):
        home.write_links(recorded)
        assert all_links() == before


def test_a_real_folder_in_the_place_of_a_link_stops_the_switch_before_its_first_change(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    activate(home, tree, OLD)
    (settings.home / "webapps/statistics").unlink()
    (settings.home / "webapps/statistics").mkdir()
    with pytest.raises(HomeError) as caught:
        home.write_links(home.links_for([tree.webapp(kind, NEW) for kind in WEBAPPS]))
    assert caught.value.error_key == "link-is-no-link"
    assert home.active()[Component.FRONTEND] == OLD
    follow(caught.value.next[0])
    home.write_links(home.links_for([tree.webapp(kind, NEW) for kind in WEBAPPS]))
    assert home.active()[Component.FRONTEND] == NEW


def test_a_disk_that_is_full_while_links_are_prepared_leaves_all_as_it_was(
    home: RealHome, tree: Tree, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(home, tree, OLD)
    links = home.links_for([tree.webapp(kind, NEW) for kind in WEBAPPS])
    real = Path.symlink_to

    def full(self: Path, target: str, target_is_directory: bool = False) -> None:
        if "webservices" in self.name:
            raise OSError(28, "No space left on device", str(self))
        real(self, target, target_is_directory)

    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(OSError, match="No space"):
        home.write_links(links)
    assert home.active()[Component.FRONTEND] == OLD
    assert not list((settings.home / "webapps").glob(".*"))


def test_a_folder_the_admin_has_in_the_place_of_a_standing_link_is_left_alone(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    (settings.home / "logs").unlink()
    (settings.home / "logs").mkdir()
    home.write_links(home.links_for([tree.runtime(NEW)]))
    assert (settings.home / "logs").is_dir()
    assert home.active()[Component.RUNTIME] == NEW


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "webapps/../../outside"])
def test_a_link_outside_the_home_is_refused(home: RealHome, path: str) -> None:
    with pytest.raises(HomeError) as caught:
        home.write_links([Link(path, "x")])
    assert caught.value.error_key == "link-outside-home"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")
def test_new_links_and_folders_belong_to_the_openemm_user(settings: Settings, tree: Tree) -> None:
    home = RealHome(settings.model_copy(update={"user": "nobody"}))
    home.write_links(home.links_for([tree.manual(NEW)]))
    uid = pwd.getpwnam("nobody").pw_uid
    assert (settings.home / "webapps/manual").stat().st_uid == uid
    assert (settings.home / "webapps/manual/de").lstat().st_uid == uid
