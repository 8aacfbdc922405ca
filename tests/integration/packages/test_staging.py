"""Release trees beside what is active: complete or not there at all, and nothing of anybody else's touched."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import stat
from pathlib import Path

import pytest
from package_kit import (
    GUI,
    Place,
    backend,
    complete,
    file,
    folder,
    gui,
    hard_link,
    link,
    manual,
    runtime,
    sha256,
    tarball,
    tree,
    webapp,
)

from orchestrator.files import tree_digest
from orchestrator.releases import lines as releases
from orchestrator.releases import staging, unpack
from orchestrator.releases.errors import PackageError
from tests.remedies.follow import follow
from workflows.model.plans import Component, PackageKind

STEM = GUI.removesuffix(".tar.gz")
FOLDER = f"release/emm/{STEM}"
BACKEND = "openemm-backend-20.10.000.126.tar.gz"
RUNTIME = "openemm-runtime-20.04.000.050.tar.gz"
COMPLETE = "openemm-20.10.000.152.tar.gz"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


class CutError(Exception):
    """The process would be gone here."""


def cut(*args: object) -> None:
    raise CutError


def test_a_gui_is_unpacked_into_its_release_folder(place: Place) -> None:
    artefact = place.artefact(GUI, gui(extra=[file("WEB-INF/bin/run.sh", b"#!", 0o777), folder("WEB-INF/private", 0o700)]))
    (staged,) = place.site().stage(artefact)
    home = place.home / FOLDER
    assert (staged.component, staged.kind, staged.version, staged.folder) == (
        Component.FRONTEND, PackageKind.GUI, "20.04.000.200", FOLDER
    )  # fmt: skip
    assert staged.digest == tree_digest(home)
    assert (home / "WEB-INF/web.xml").read_bytes() == b"<web-app/>"
    modes = {name: stat.S_IMODE((home / name).stat().st_mode) for name in (".", "WEB-INF/bin/run.sh", "WEB-INF/private")}
    assert modes == {".": 0o755, "WEB-INF/bin/run.sh": 0o755, "WEB-INF/private": 0o700}
    assert (home / "WEB-INF/web.xml").stat().st_mtime == 1_600_000_000
    assert place.site().staged(artefact) == (staged,)


def test_one_folder_around_a_web_application_is_left_out(place: Place) -> None:
    place.site().stage(place.artefact(GUI, [folder("emm"), *gui(prefix="emm/")]))
    assert (place.home / FOLDER / "WEB-INF/web.xml").is_file()


def test_each_kind_has_its_place(place: Place) -> None:
    packages = {
        "openemm-statistics-20.04.000.200.tar.gz": webapp("20.04.000.200"),
        "openemm-webservices_20.04.000.200.tar.gz": webapp("20.04.000.200"),
        "openemm-manual-20.04.003.tar.gz": manual(),
        BACKEND: backend(),
        RUNTIME: runtime(),
    }
    folders = [t.folder for name, members in packages.items() for t in place.site().stage(place.artefact(name, members))]
    assert folders == [
        "release/statistics/openemm-statistics-20.04.000.200",
        "release/webservices/openemm-webservices_20.04.000.200",
        "release/manual/openemm-manual-20.04.003",
        "release/backend/V20.10.000.126",
        "runtime/openemm-runtime-20.04.000.050",
    ]
    assert all((place.home / name).is_dir() for name in folders)


def test_a_runtime_keeps_its_links_and_its_tarball(place: Place) -> None:
    artefact = place.artefact(RUNTIME, runtime())
    place.site().stage(artefact)
    home = place.home / "runtime" / RUNTIME.removesuffix(".tar.gz")
    assert (home / "tomcat").readlink() == Path("tomcat9")
    assert (home / "bin/emm.sh").read_bytes() == b"#!/bin/sh\n"
    kept = place.home / "release/runtime" / RUNTIME
    assert sha256(kept.read_bytes()) == artefact.sha256
    kept.unlink()
    assert place.site().staged(artefact) is None
    place.site().stage(artefact)
    assert kept.is_file()


def test_a_hard_link_within_the_package_is_kept(place: Place) -> None:
    place.site().stage(place.artefact(GUI, gui(extra=[hard_link("WEB-INF/copy.xml", "WEB-INF/web.xml")])))
    home = place.home / FOLDER / "WEB-INF"
    assert (home / "copy.xml").samefile(home / "web.xml")


@as_root
def test_the_backends_two_programs_are_setuid_root_and_all_else_is_openemms(place: Place) -> None:
    user = pwd.getpwnam("nobody")
    artefact = place.artefact(BACKEND, backend(extra=[link("V20.10.000.126/bin/now", "backend.sh")]))
    place.site(user="nobody").stage(artefact)
    home = place.home / "release/backend/V20.10.000.126"
    for path in [home, *home.rglob("*"), home.parent, home.parent.parent]:
        status = path.lstat()
        special = path.name in {"qctrl", "smctrl"}
        assert (status.st_uid, status.st_gid) == ((0, 0) if special else (user.pw_uid, user.pw_gid))
        assert stat.S_IMODE(status.st_mode) & 0o7000 == (0o6000 if special else 0)
    assert stat.S_IMODE((home / "bin/qctrl").stat().st_mode) == 0o6755
    assert stat.S_IMODE((home / "lib/bav.rc").stat().st_mode) == 0o600


def test_a_complete_package_is_staged_as_its_parts(place: Place) -> None:
    artefact = place.artefact(COMPLETE, complete())
    trees = place.site().stage(artefact)
    assert {(t.kind.value, t.version, t.folder) for t in trees} == {
        ("backend", "20.10.000.126", "release/backend/V20.10.000.126"),
        ("gui", "20.10.000.152", "release/emm/openemm-gui-20.10.000.152"),
        ("statistics", "20.10.000.152", "release/statistics/openemm-statistics-20.10.000.152"),
        ("webservices", "20.10.000.152", "release/webservices/openemm-webservices-20.10.000.152"),
    }
    assert place.site().staged(artefact) == trees
    assert not list(place.home.rglob(".*"))
    assert not list(place.state.rglob(".*"))


@pytest.mark.parametrize("lacking", ["gui", "statistics", "webservices", "backend"])
def test_a_complete_package_that_is_not_complete_is_refused(place: Place, lacking: str) -> None:
    with pytest.raises(PackageError) as caught:
        place.site().stage(place.artefact(COMPLETE, complete(without=lacking)))
    assert caught.value.error_key == "package-incomplete"
    assert lacking in caught.value.message
    assert tree(place.home) == set()


def test_one_bad_part_of_a_complete_package_leaves_nothing_behind(place: Place) -> None:
    bad = file("openemm-statistics-20.10.000.152.tar.gz", tarball([*webapp("20.10.000.152"), file("../evil")]))
    with pytest.raises(PackageError) as caught:
        place.site().stage(place.artefact(COMPLETE, [*complete(without="statistics"), bad]))
    assert caught.value.error_key == "package-unsafe-member"
    assert tree(place.home) == set()


def test_what_the_site_brings_into_a_staged_tree_is_no_damage(place: Place) -> None:
    artefact = place.artefact(GUI, gui())
    trees = place.site().stage(artefact)
    (place.home / FOLDER / "WEB-INF/web.xml").write_text("<web-app>site</web-app>")
    (place.home / FOLDER / "WEB-INF/web.xml.new").write_text("<web-app/>")
    assert place.site().staged(artefact) == trees
    assert place.site().stage(artefact) == trees
    assert (place.home / FOLDER / "WEB-INF/web.xml").read_text() == "<web-app>site</web-app>"


def test_a_staged_tree_that_lost_a_top_name_is_staged_again(place: Place) -> None:
    artefact = place.artefact(GUI, gui(extra=[file("index.htm")]))
    trees = place.site().stage(artefact)
    (place.home / FOLDER / "index.htm").unlink()
    assert place.site().staged(artefact) is None
    assert place.site().stage(artefact) == trees
    assert (place.home / FOLDER / "index.htm").is_file()
    assert not list(place.home.rglob(".*"))


def test_a_tree_of_another_package_of_that_name_does_not_count(place: Place) -> None:
    place.site().stage(place.artefact(GUI, gui()))
    other = place.artefact(GUI, gui(extra=[file("index.htm")]))
    assert place.site().staged(other) is None
    place.site().stage(other)
    assert (place.home / FOLDER / "index.htm").is_file()


def vendors_own(place: Place, *, changed: bool = False) -> Path:
    """A release folder as the vendor's tool leaves it: other modes, and files added by running it."""
    home = place.home / FOLDER
    (home / "WEB-INF/classes").mkdir(parents=True)
    (home / "WEB-INF/sql/mysql").mkdir(parents=True)
    (home / "WEB-INF/web.xml").write_text("<web-app>changed</web-app>" if changed else "<web-app/>")
    (home / "WEB-INF/classes/emm.properties").write_text("ApplicationVersion=20.04.000.200\n")
    (home / "WEB-INF/sql/mysql/emm-mysql-update-20.01.368.sql").write_text("SELECT 1;")
    (home / "WEB-INF/web.xml").chmod(0o600)
    (home / "written-later").touch()
    return home


def test_a_tree_of_the_vendors_making_with_the_same_content_is_adopted_and_never_removed(place: Place) -> None:
    home = vendors_own(place)
    before = tree_digest(home)
    trees = place.site().stage(place.artefact(GUI, gui()))
    place.site().unstage(trees)
    assert tree_digest(home) == before


@pytest.mark.parametrize("active", [True, False])
def test_a_tree_of_the_vendors_making_with_other_content_is_never_touched(place: Place, *, active: bool) -> None:
    home = vendors_own(place, changed=True)
    if active:
        (place.home / "webapps").mkdir()
        (place.home / "webapps/emm").symlink_to(f"../{FOLDER}")
    before = tree_digest(home)
    artefact = place.artefact(GUI, gui())
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "release-folder-foreign"
    assert "WEB-INF/web.xml" in caught.value.detail[0]
    assert ("webapps/emm" in caught.value.message) is active
    assert tree_digest(home) == before
    assert place.site().staged(artefact) is None
    assert not list(place.home.rglob(".*"))
    if not active:
        follow(caught.value.next[1])
        assert place.site().stage(artefact)


def test_a_link_in_the_place_of_a_tree_is_never_followed(place: Place, tmp_path: Path) -> None:
    (place.home / "release/emm").mkdir(parents=True)
    (place.home / FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PackageError) as caught:
        place.site().stage(place.artefact(GUI, gui()))
    assert caught.value.error_key == "release-folder-foreign"
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_laid_where_the_unpacking_happens_is_removed_and_not_followed(place: Place, tmp_path: Path) -> None:
    (place.home / "release/emm").mkdir(parents=True)
    (tmp_path / "victim").mkdir()
    (place.home / f"release/emm/.{STEM}.part").symlink_to(tmp_path / "victim")
    place.site().stage(place.artefact(GUI, gui()))
    assert not list((tmp_path / "victim").iterdir())


def test_another_tarball_of_the_runtimes_name_is_not_replaced(place: Place) -> None:
    (place.home / "release/runtime").mkdir(parents=True)
    (place.home / "release/runtime" / RUNTIME).write_bytes(b"the vendor's")
    with pytest.raises(PackageError) as caught:
        place.site().stage(place.artefact(RUNTIME, runtime()))
    assert caught.value.error_key == "release-folder-foreign"
    assert (place.home / "release/runtime" / RUNTIME).read_bytes() == b"the vendor's"


def test_a_package_that_changed_after_its_digest_was_checked_is_not_unpacked(place: Place) -> None:
    artefact = place.artefact(GUI, gui())
    place.add(GUI, gui(extra=[file("WEB-INF/evil.jsp")]))
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-digest-mismatch"
    assert tree(place.home) == set()


def test_a_package_that_changes_between_judging_and_writing_gets_no_place(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = place.artefact(GUI, gui())
    opened = unpack.open_package

    def judge_then_swap(*args: object) -> object:
        package = opened(*args)  # type: ignore[arg-type]
        place.add(GUI, gui(extra=[file("WEB-INF/evil.jsp")]))
        return package

    monkeypatch.setattr(staging, "open_package", judge_then_swap)
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-digest-mismatch"
    assert not (place.home / FOLDER).exists()
    assert not list(place.home.rglob(".*"))


@pytest.mark.parametrize(
    "where", [(unpack, "_finish"), (staging, "tree_digest"), (staging.Staging, "_name"), (staging.Staging, "_keep")]
)
def test_a_stage_that_was_cut_off_is_redone_and_can_be_taken_back(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: tuple[object, str]
) -> None:
    artefact = place.artefact(RUNTIME, runtime())
    with monkeypatch.context() as patched:
        patched.setattr(*where, cut)
        patched.setattr(staging, "remove", lambda path: None)  # a killed process cleans nothing
        with pytest.raises(CutError):
            place.site().stage(artefact)
    assert place.site().staged(artefact) is None
    trees = place.site().stage(artefact)
    assert place.site().staged(artefact) == trees
    assert not list(place.home.rglob(".*"))
    place.site().unstage(trees)
    assert tree(place.home) == {"release", "release/runtime"}


def test_unstage_takes_back_what_stage_made_and_may_be_run_twice(place: Place) -> None:
    (place.home / "release/emm/openemm-gui-19.10.000.170").mkdir(parents=True)
    before = tree(place.home)
    artefact = place.artefact(GUI, gui())
    trees = place.site().stage(artefact)
    for _ in range(2):
        place.site().unstage(trees)
        assert tree(place.home) == before
        assert place.site().staged(artefact) is None


@pytest.mark.parametrize(
    ("path", "target"),
    [("webapps/emm", f"../{FOLDER}"), ("tomcat", FOLDER + "/WEB-INF"), ("release/backend/previous", f"../emm/{STEM}")],
)
def test_a_tree_that_a_link_leads_to_is_not_removed(place: Place, path: str, target: str) -> None:
    trees = place.site().stage(place.artefact(GUI, gui()))
    (place.home / path).parent.mkdir(parents=True, exist_ok=True)
    (place.home / path).symlink_to(target)
    with pytest.raises(PackageError) as caught:
        place.site().unstage(trees)
    assert caught.value.error_key == "release-folder-active"
    assert path in caught.value.message
    assert (place.home / FOLDER / "WEB-INF/web.xml").is_file()


def test_an_unstage_that_was_cut_off_is_finished_by_the_next_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = place.artefact(GUI, gui())
    trees = place.site().stage(artefact)
    with monkeypatch.context() as patched:
        patched.setattr(releases, "fsync_folder", cut)
        with pytest.raises(CutError):
            place.site().unstage(trees)
    assert place.site().staged(artefact) is None
    place.site().unstage(trees)
    assert tree(place.home) == {"release", "release/emm"}


def test_without_room_nothing_is_left_behind(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = place.artefact(GUI, gui())
    usage = shutil.disk_usage(place.home)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10))
        with pytest.raises(PackageError) as caught:
            place.site().stage(artefact)
    assert caught.value.error_key == "no-room"
    assert not list(place.home.rglob("*.part"))


def test_a_disk_that_fills_up_while_unpacking_is_told_as_such(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    artefact = place.artefact(GUI, gui())
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "no-room"
    assert not list(place.home.rglob("*.part"))
    monkeypatch.undo()
    assert place.site().stage(artefact)
