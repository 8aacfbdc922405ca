"""Downloads over a real connection: cut, resumed, changed on the way, and what is trusted in the end."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest
from package_kit import GUI, Place, file, gui, sha256, silent, tarball
from web_kit import Site

from orchestrator.releases import partial
from orchestrator.releases.download import Downloads
from orchestrator.releases.errors import PackageError, SourceError
from orchestrator.releases.web import Web
from workflows.model.plans import PackageKind, PackageRef

DATA = tarball(gui(extra=[file("WEB-INF/big", os.urandom(600_000))]))
OTHER = tarball(gui(extra=[file("WEB-INF/big", os.urandom(600_000))]))
PATH = f"/{GUI}"


class Shelf:
    """The folder of downloads, and what the site offers."""

    def __init__(self, folder: Path, web: Site) -> None:
        self.folder, self.web = folder / "downloads", web
        web.answers.files[PATH] = DATA
        self.downloads = Downloads(self.folder, Web(web.url()))
        self.final = self.folder / GUI
        self.part = self.folder / f"{GUI}.part"

    def ref(self, sums: str | None = None) -> PackageRef:
        return PackageRef(GUI, PackageKind.GUI, "20.04.000.200", self.web.url(PATH), sums)

    def fetch(self, expected: str | None = None, sums: str | None = None) -> str:
        artefact = self.downloads.fetch(self.ref(sums), expected, silent)
        assert artefact.path == str(self.final)
        assert (artefact.size, artefact.sha256) == (self.final.stat().st_size, sha256(self.final.read_bytes()))
        assert [path.name for path in self.folder.iterdir()] == [GUI]
        return artefact.trust

    def refused(self, expected: str | None = None, sums: str | None = None) -> PackageError:
        with pytest.raises(PackageError) as caught:
            self.downloads.fetch(self.ref(sums), expected, silent)
        return caught.value

    def cut_off(self, at: int = 100_000) -> None:
        """Leave a half download behind."""
        self.web.answers.cut_after = [at, 0, 0, 0]
        assert self.refused(sha256(DATA)).error_key == "package-cut-short"
        assert self.part.stat().st_size == at
        self.web.answers.cut_after = []
        self.web.answers.requests.clear()

    @property
    def ranges(self) -> list[str | None]:
        return [asked for path, asked in self.web.answers.requests if path == PATH]


@pytest.fixture
def shelf(tmp_path: Path, web: Site) -> Shelf:
    return Shelf(tmp_path, web)


def test_what_is_trusted_and_why(shelf: Shelf) -> None:
    good = sha256(DATA)
    assert shelf.fetch() == "first-use"
    assert shelf.fetch(expected=good) == "pinned"
    assert shelf.fetch(sums=good) == "sums"
    assert shelf.fetch(expected=good, sums=good) == "sums"
    assert shelf.ranges == [None], "a complete file is not fetched again"
    assert stat.S_IMODE(shelf.final.stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700


def test_progress_is_told_in_bytes_of_all_bytes(shelf: Shelf) -> None:
    told: list[tuple[int, int | None]] = []
    shelf.downloads.fetch(shelf.ref(), None, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(DATA), len(DATA))
    assert {total for _, total in told} == {len(DATA)}


def test_a_connection_that_breaks_off_goes_on_where_it_ended(shelf: Shelf) -> None:
    shelf.web.answers.cut_after = [100_000, 200_000]
    shelf.fetch(sums=sha256(DATA))
    assert shelf.ranges == [None, "bytes=100000-", "bytes=300000-"]
    assert shelf.final.read_bytes() == DATA


def test_a_connection_that_brings_nothing_any_more_is_given_up_and_resumed_later(shelf: Shelf) -> None:
    shelf.cut_off()
    shelf.fetch(expected=sha256(DATA))
    assert shelf.ranges == ["bytes=100000-"]
    assert shelf.final.read_bytes() == DATA


def test_a_file_that_changed_on_the_server_is_fetched_anew_and_never_mixed(shelf: Shelf) -> None:
    shelf.cut_off()
    shelf.web.answers.files[PATH] = OTHER
    shelf.fetch()
    assert shelf.final.read_bytes() == OTHER


def test_without_a_validator_a_half_is_only_kept_when_a_digest_will_tell(shelf: Shelf) -> None:
    shelf.web.answers.etags = False
    shelf.cut_off()
    shelf.fetch(expected=sha256(DATA))
    assert shelf.ranges == ["bytes=100000-"]
    shelf.final.unlink()
    shelf.cut_off()
    shelf.fetch()
    assert shelf.ranges == [None]


def test_without_a_validator_a_file_of_another_length_is_fetched_anew(shelf: Shelf) -> None:
    shelf.web.answers.etags = False
    shelf.cut_off()
    longer = tarball(gui(extra=[file("WEB-INF/big", os.urandom(700_000))]))
    shelf.web.answers.files[PATH] = longer
    shelf.fetch(expected=sha256(longer))
    assert shelf.ranges == ["bytes=100000-", None]


def test_a_server_without_ranges_is_asked_for_all_of_it_again(shelf: Shelf) -> None:
    shelf.cut_off()
    shelf.web.answers.ranges = False
    shelf.fetch(expected=sha256(DATA))
    assert shelf.final.read_bytes() == DATA


def test_a_server_that_tells_no_length_still_ends_properly(shelf: Shelf) -> None:
    shelf.web.answers.lengths = False
    shelf.fetch()
    assert shelf.final.read_bytes() == DATA


def test_a_file_cut_short_by_a_server_that_tells_no_length_is_not_trusted_at_first_use(shelf: Shelf) -> None:
    shelf.web.answers.lengths = False
    shelf.web.answers.cut_after = [300_000]
    assert shelf.refused().error_key == "package-cut-short"
    assert shelf.fetch() == "first-use"


def test_a_process_killed_before_the_last_rename_needs_nothing_more_from_the_server(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CutError(Exception):
        pass

    def cut(self: partial.Partial) -> None:
        raise CutError

    with monkeypatch.context() as patched:
        patched.setattr(partial.Partial, "finish", cut)
        with pytest.raises(CutError):
            shelf.downloads.fetch(shelf.ref(), None, silent)
    shelf.web.answers.requests.clear()
    shelf.fetch()
    assert shelf.ranges == []


@pytest.mark.parametrize("about", [b"", b"{}", b"[]", b"not json", None])
def test_a_half_of_which_nothing_is_known_is_not_kept(shelf: Shelf, about: bytes | None) -> None:
    shelf.cut_off()
    note = shelf.folder / f"{GUI}.part.json"
    note.unlink() if about is None else note.write_bytes(about)
    shelf.fetch(expected=sha256(DATA))
    assert shelf.ranges == [None]


@pytest.mark.parametrize("by", ["expected", "sums"])
def test_a_wrong_digest_is_refused_and_the_file_is_not_kept(shelf: Shelf, by: str) -> None:
    error = shelf.refused(**{by: "0" * 64})
    assert error.error_key == "package-digest-mismatch"
    assert sha256(DATA) in error.detail[1]
    assert not shelf.final.exists()


def test_sums_that_differ_from_what_is_pinned_are_refused_before_anything_is_fetched(shelf: Shelf) -> None:
    assert shelf.refused(expected=sha256(DATA), sums=sha256(OTHER)).error_key == "package-digest-mismatch"
    assert shelf.ranges == []


def test_a_downloaded_file_that_was_damaged_since_is_fetched_again(shelf: Shelf) -> None:
    shelf.fetch()
    shelf.final.write_bytes(DATA[:-1] + b"!")
    assert shelf.fetch(expected=sha256(DATA)) == "pinned"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_by_the_server_is_told_and_keeps_what_arrived(shelf: Shelf, status: int) -> None:
    shelf.cut_off()
    shelf.web.answers.status[PATH] = status
    with pytest.raises(SourceError) as caught:
        shelf.downloads.fetch(shelf.ref(), sha256(DATA), silent)
    assert str(status) in caught.value.message
    assert shelf.part.stat().st_size == 100_000


def test_without_room_nothing_is_fetched(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=len(DATA) - 1))
    assert shelf.refused().error_key == "no-room"
    assert not shelf.part.exists()


def test_a_disk_that_fills_up_keeps_what_arrived(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(response: object) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    shelf.cut_off()
    with monkeypatch.context() as patched:
        patched.setattr(partial, "_read", full)
        assert shelf.refused(sha256(DATA)).error_key == "no-room"
    shelf.fetch(expected=sha256(DATA))
    assert shelf.ranges == ["bytes=100000-", "bytes=100000-"]


def test_a_name_that_leads_out_of_the_folder_is_refused(shelf: Shelf) -> None:
    ref = PackageRef("../openemm-gui-20.04.000.200.tar.gz", PackageKind.GUI, "20.04.000.200", shelf.web.url(PATH))
    with pytest.raises(PackageError) as caught:
        shelf.downloads.fetch(ref, None, silent)
    assert caught.value.error_key == "package-name"


def test_a_file_of_a_folder_is_used_where_it_lies_and_never_removed(place: Place) -> None:
    ref = place.add(GUI, gui())
    artefact = place.fetch(ref)
    assert (artefact.path, artefact.trust) == (str(place.packages / GUI), "first-use")
    with pytest.raises(PackageError) as caught:
        place.fetch(ref, "0" * 64)
    assert caught.value.error_key == "package-digest-mismatch"
    assert (place.packages / GUI).is_file()
    (place.packages / GUI).unlink()
    with pytest.raises(PackageError):
        place.fetch(ref)
    assert not place.state.exists()


def test_a_package_of_a_site_cannot_be_fetched_once_the_source_is_a_folder(place: Place, web: Site) -> None:
    with pytest.raises(PackageError) as caught:
        place.fetch(PackageRef(GUI, PackageKind.GUI, "20.04.000.200", web.url(PATH)))
    assert caught.value.error_key == "download-failed"
