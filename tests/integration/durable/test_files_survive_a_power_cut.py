"""Every writer of files: what it says is done is there after a power cut, in full, under its name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.files import fsync_folder, replace_link, write_atomic
from orchestrator.hosts.files.register import ContentStore
from orchestrator.hosts.home import kept_files, kept_folders
from orchestrator.hosts.home.site_files import carry
from orchestrator.hosts.mail.archive import DatedArchive
from orchestrator.releases.lines import make_folders, remove_durably
from state.store import Store
from tests.durable import durable
from workflows.host.mail import QueuedMail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def _careless(file: Path) -> None:
    file.with_name("new").write_text("new")
    file.with_name("new").rename(file)
    fsync_folder(file.parent)


def test_the_recorder_sees_a_file_that_is_named_before_it_is_durable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="was not durable when it became"), durable(monkeypatch):
        _careless(folder / "a")


def test_the_recorder_sees_a_change_behind_the_fsync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late() -> None:
        with (folder / "new").open("w") as file:
            file.write("new")
            file.flush()
            os.fsync(file.fileno())
        (folder / "new").chmod(0o600)
        (folder / "new").rename(folder / "a")
        fsync_folder(folder)

    with pytest.raises(AssertionError, match="was not durable"), durable(monkeypatch):
        late()


def test_the_recorder_sees_a_name_that_is_never_made_durable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful() -> None:
        (folder / "a").symlink_to("b")
        fsync_folder(folder.parent)

    with pytest.raises(AssertionError, match="never made durable"), durable(monkeypatch):
        forgetful()


@pytest.mark.parametrize("there", [False, True])
def test_a_file_that_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    if there:
        (folder / "a").write_text("old")
    with durable(monkeypatch):
        write_atomic(folder / "a", "new", mode=0o600)


@pytest.mark.parametrize("there", [False, True])
def test_a_link_that_is_pointed_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    if there:
        (folder / "a").symlink_to("old")
    with durable(monkeypatch):
        replace_link(folder / "a", "new")


def test_a_file_that_is_kept_and_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ContentStore(folder / "kept")
    file, new = folder / "a", folder / "new"
    file.write_text("old")
    with durable(monkeypatch, folder):
        kept = store.keep([str(file), str(new)])
    write_atomic(file, "changed")
    write_atomic(new, "new")
    with durable(monkeypatch, folder):
        store.restore(kept)
    assert (file.read_text(), new.exists()) == ("old", False)


def test_folders_that_a_start_deletes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "plugins").mkdir()
    (folder / "plugins" / "one").write_text("mine")
    kept = folder.parent / "kept" / "RUN-hop1"
    with durable(monkeypatch, folder):
        kept_folders.keep(folder, ["plugins"], kept)
    (folder / "plugins" / "one").unlink()
    (folder / "plugins").rmdir()
    with durable(monkeypatch, folder.parent):
        assert kept_folders.put_back(folder, [kept]) == ["plugins"]


def _tomcat(folder: Path, words: str) -> Path:
    for name in ("conf/keys", "bin", "logs"):
        (folder / name).mkdir(parents=True)
    for name in ("conf/server.xml", "conf/keys/emm.salt", "bin/emm.sh.additional.properties"):
        (folder / name).write_text(words)
    return folder


def test_site_files_that_are_carried_kept_and_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = _tomcat(folder / "old", "the site's"), _tomcat(folder / "new", "shipped")
    kept = folder.parent / "kept" / "RUN"
    with durable(monkeypatch, folder):
        kept_files.keep(new, kept)
    with durable(monkeypatch, folder):
        carry(old, new, None)
    with durable(monkeypatch, folder, folder.parent):
        kept_files.put_back(new, kept)
    assert (new / "conf/server.xml").read_text() == "shipped"


def test_folders_made_below_the_home_and_trees_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with durable(monkeypatch):
        make_folders(folder, folder / "release/emm/tree", None)
    with durable(monkeypatch, folder):
        remove_durably(folder / "release/emm/tree")


def test_a_store_that_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with durable(monkeypatch):
        Store.open(folder / "state" / "state.db", tool_version="0.1.0").close()


def test_an_archive_of_mails_that_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "queue").mkdir()
    (folder / "queue" / "qf1").write_text("envelope")
    archive = DatedArchive(folder / "archive")
    mail = QueuedMail(
        id="1", queue="mqueue", path=str(folder / "queue/qf1"), held=False, sender="a@example.com", recipients=("b@example.com",),
        size=7, arrived=datetime.now(UTC), message_id="<1@example.com>", body="digest",
    )  # fmt: skip
    with durable(monkeypatch, folder):
        archive.write("RUN", mail, b"content", [str(folder / "queue/qf1")])
    with durable(monkeypatch, folder):
        assert archive.put_back("RUN") == 1
