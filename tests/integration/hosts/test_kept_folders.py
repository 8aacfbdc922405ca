"""Folders that a start deletes: copied aside before it, brought back, and taken away again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from home_tree import put

from orchestrator.command import CommandError
from orchestrator.hosts.home import kept_files, kept_folders, kept_values

FOLDERS = ("emm-plugins", "birt-plugins")


@pytest.fixture
def site(tmp_path: Path) -> tuple[Path, Path]:
    """A home with one of the two folders, and where copies are kept."""
    home = tmp_path / "home"
    put(home / "emm-plugins/a/one.xml", "first")
    (home / "emm-plugins/link").symlink_to("a")
    (tmp_path / "kept").mkdir()
    return home, tmp_path / "kept"


def gone(home: Path) -> None:
    kept_folders.shutil.rmtree(home / "emm-plugins")


def test_what_was_deleted_comes_back_as_it_was_and_is_taken_away_again(site: tuple[Path, Path]) -> None:
    home, root = site
    (home / "emm-plugins/a").chmod(0o2770)
    os.utime(home / "emm-plugins/link", (1, 1), follow_symlinks=False)
    assert kept_folders.keep(home, FOLDERS, root / "R-hop2") == ["emm-plugins"]
    assert kept_folders.put_back(home, [root / "R-hop2"]) == []  # it is there
    gone(home)
    assert list(kept_folders.lacking(home, [root / "R-hop2"])) == ["emm-plugins"]
    for _ in range(2):
        kept_folders.put_back(home, [root / "R-hop2"])
        assert (home / "emm-plugins/link/one.xml").read_text() == "first"
        assert (home / "emm-plugins/a").stat().st_mode & 0o7777 == 0o2770
        assert (home / "emm-plugins/link").lstat().st_mtime == 1
    for _ in range(2):
        kept_folders.take_away(home, [root / "R-hop2"], ["emm-plugins"])
        assert list(home.iterdir()) == []


def test_of_several_copies_the_first_since_the_restore_point_counts(site: tuple[Path, Path]) -> None:
    home, root = site
    kept_folders.keep(home, FOLDERS, root / "A-hop2")
    put(home / "emm-plugins/a/one.xml", "second")
    kept_folders.keep(home, FOLDERS, root / "B-hop1")
    os.utime(root / "A-hop2", (1, 1))
    (root / "RUN").mkdir()
    put(root / "RUN/files.json", "{}")  # site files of a runtime lie there too
    (root / "C-hop1").mkdir()  # there was nothing to keep
    assert [kept.name for kept in kept_folders.kept(root)] == ["A-hop2", "B-hop1"]
    gone(home)
    kept_folders.put_back(home, [root / "A-hop2", root / "B-hop1"])
    assert (home / "emm-plugins/a/one.xml").read_text() == "first"


def test_an_empty_folder_in_its_place_gives_way_and_one_with_content_does_not(site: tuple[Path, Path]) -> None:
    home, root = site
    kept_folders.keep(home, FOLDERS, root / "R-hop2")
    gone(home)
    (home / "emm-plugins").mkdir()
    assert kept_folders.put_back(home, [root / "R-hop2"]) == ["emm-plugins"]
    put(home / "emm-plugins/new.xml", "added since")
    assert kept_folders.put_back(home, [root / "R-hop2"]) == []
    assert kept_folders.take_away(home, [root / "R-hop2"], ["emm-plugins"]) == []
    assert (home / "emm-plugins/new.xml").read_text() == "added since"


def test_a_link_that_somebody_put_in_the_way_is_never_written_through(site: tuple[Path, Path], tmp_path: Path) -> None:
    home, root = site
    kept_folders.keep(home, FOLDERS, root / "R-hop2")
    gone(home)
    (tmp_path / "elsewhere").mkdir()
    (home / f".emm-plugins{kept_folders.PART}").symlink_to(tmp_path / "elsewhere")
    kept_folders.put_back(home, [root / "R-hop2"])
    assert (home / "emm-plugins/a/one.xml").read_text() == "first"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    gone(home)
    (home / "emm-plugins").symlink_to(tmp_path / "elsewhere")
    assert kept_folders.put_back(home, [root / "R-hop2"]) == []
    assert kept_folders.take_away(home, [root / "R-hop2"], ["emm-plugins"]) == []
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_copy_that_was_cut_off_counts_for_nothing(site: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home, root = site

    def fail(source: Path, target: Path, **_: object) -> None:
        put(target / "half", "x")
        raise CommandError("cut off")

    monkeypatch.setattr(kept_folders, "_copy", fail)
    with pytest.raises(CommandError):
        kept_folders.keep(home, FOLDERS, root / "R-hop2")
    assert kept_folders.kept(root) == []
    monkeypatch.undo()
    assert kept_folders.keep(home, FOLDERS, root / "R-hop2") == ["emm-plugins"]


def test_what_else_a_run_keeps_beside_them_is_none_of_these_folders(site: tuple[Path, Path], tmp_path: Path) -> None:
    home, root = site
    put(tmp_path / "tomcat/conf/server.xml", "the site's")
    put(home / "release/emm/gui/WEB-INF/classes/emm.properties", "system.url=x\n")
    kept_files.keep(tmp_path / "tomcat", root / "R-hop1-runtime")
    kept_values.keep([home / "release/emm/gui"], root / "R-hop1-values")
    names = [path.name for path in root.iterdir()]
    assert len(names) == 2
    assert kept_folders.kept(root) == []
    assert kept_folders.put_back(home, [root / name for name in names]) == []
    assert sorted(path.name for path in home.iterdir()) == ["emm-plugins", "release"]
