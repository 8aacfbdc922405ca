"""Files replaced whole."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from orchestrator.files import prepare_link, replace_link, sha256_file, tree_digest, write_atomic

OTHER = 12345


def test_a_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "grüße\n", mode=0o600)
    assert (tmp_path / "a").read_bytes() == "grüße\n".encode()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    file.chmod(0o640)
    write_atomic(file, b"new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o640)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_replaced_file_keeps_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    os.chown(file, OTHER, OTHER)
    write_atomic(file, b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (OTHER, OTHER)


def test_through_a_link_the_file_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_what_a_crash_left_beside_a_file_is_gone_after_the_next_write(tmp_path: Path) -> None:
    (tmp_path / ".a.orchestrate-tmp").write_text("half")
    write_atomic(tmp_path / "a", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_the_old_content_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomic(file, "new")
    assert caught.value.filename == str(file)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert file.read_text() == "old"


def test_a_link_is_replaced_in_one_rename_and_stays_relative(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("old")
    (tmp_path / ".link.orchestrate-link").symlink_to("left by a crash")
    replace_link(tmp_path / "link", "new/place")
    assert str((tmp_path / "link").readlink()) == "new/place"
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_a_real_folder_or_file_is_never_replaced_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(IsADirectoryError):
        replace_link(tmp_path / "folder", "x")
    with pytest.raises(FileExistsError):
        prepare_link(tmp_path / "file", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def make_tree(folder: Path) -> Path:
    (folder / "a").mkdir(parents=True)
    (folder / "a/file").write_text("content")
    (folder / "link").symlink_to("a/file")
    return folder


def test_equal_trees_have_equal_digests(tmp_path: Path) -> None:
    one, two = make_tree(tmp_path / "one"), make_tree(tmp_path / "two")
    os.utime(two / "a/file", (1, 1))
    assert tree_digest(one) == tree_digest(two)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "a/file").write_text("other"),
        lambda tree: (tree / "a/file").chmod(0o600),
        lambda tree: (tree / "a").chmod(0o700),
        lambda tree: (tree / "a/file").rename(tree / "a/name"),
        lambda tree: (tree / "empty").mkdir(),
        lambda tree: replace_link(tree / "link", "a"),
        lambda tree: ((tree / "link").unlink(), (tree / "link").write_text("a/file")),
        lambda tree: os.mkfifo(tree / "fifo"),
    ],
)
def test_any_change_of_a_tree_changes_its_digest(tmp_path: Path, change: object) -> None:
    tree = make_tree(tmp_path / "tree")
    before = tree_digest(tree)
    assert callable(change)
    change(tree)
    assert tree_digest(tree) != before


def test_a_digest_of_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        tree_digest(tmp_path / "nowhere")


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(3 << 20))
    assert sha256_file(tmp_path / "zeros") == hashlib.sha256(bytes(3 << 20)).hexdigest()
