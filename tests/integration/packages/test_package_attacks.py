"""Packages that nobody should have made: each is refused, by name, before a single file of it is written."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from package_kit import GUI, Member, Place, backend, file, folder, gui, hard_link, link, ref_for, runtime, special, tarball

from orchestrator.releases.archive import Limits
from orchestrator.releases.errors import PackageError
from orchestrator.releases.unpack import open_package
from workflows.model.plans import PackageKind

BACKEND = "openemm-backend-20.10.000.126.tar.gz"
V = "V20.10.000.126"


def refused(place: Place, name: str, members: Iterable[Member]) -> PackageError:
    artefact = place.artefact(name, members)
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert not [path for path in place.home.rglob("*") if not path.is_dir()]
    assert not list(place.home.rglob(".*"))
    assert place.site().staged(artefact) is None
    return caught.value


@pytest.mark.parametrize(
    ("attack", "member", "words"),
    [
        ("absolute name", file("/etc/cron.d/evil"), "absolute"),
        ("dot dot", file("WEB-INF/../../../etc/cron.d/evil"), ".."),
        ("only dot dot", folder(".."), ".."),
        ("character device", special("WEB-INF/null", tarfile.CHRTYPE), "device"),
        ("block device", special("WEB-INF/disk", tarfile.BLKTYPE), "device"),
        ("fifo", special("WEB-INF/pipe", tarfile.FIFOTYPE), "device"),
        ("absolute symlink", link("WEB-INF/etc", "/etc"), "absolute"),
        ("escaping symlink", link("WEB-INF/home", "../../.ssh"), "leaves"),
        ("symlink to the parent of the tree", link("up", ".."), "leaves"),
        ("hard link to what is not in the package", hard_link("WEB-INF/passwd", "etc/passwd"), "hard link"),
        ("absolute hard link", hard_link("WEB-INF/passwd", "/etc/passwd"), "absolute"),
        ("hard link with dot dot", hard_link("WEB-INF/passwd", "../../etc/passwd"), ".."),
        ("setuid", file("WEB-INF/sh", mode=0o4755), "setuid"),
        ("setgid", file("WEB-INF/sh", mode=0o2755), "setuid"),
        ("setgid folder", folder("WEB-INF/shared", mode=0o2775), "setuid"),
        ("name of the backend's setuid program in a gui", file("bin/qctrl", mode=0o6755), "setuid"),
        ("duplicate name", file("WEB-INF/web.xml", b"<evil/>"), "twice"),
        ("duplicate name written otherwise", file("./WEB-INF//web.xml", b"<evil/>"), "twice"),
        ("file where a folder is", file("WEB-INF", b"x"), "through a file"),
        ("control character in a name", file("WEB-INF/\x1b[2J"), "control"),
        ("control character in a link", link("WEB-INF/a", "b\nc"), "control"),
    ],
)
def test_member_is_refused(place: Place, attack: str, member: Member, words: str) -> None:
    error = refused(place, GUI, gui(extra=[member]))
    assert error.error_key == "package-unsafe-member"
    assert words in error.message
    assert repr(member[0].name) in error.message or "web.xml" in error.message
    assert error.unharmed


@pytest.mark.parametrize("link_first", [True, False])
def test_writing_through_a_symlinked_folder_is_refused(place: Place, *, link_first: bool) -> None:
    through = [link("WEB-INF/lib", "classes"), file("WEB-INF/lib/evil.jar")]
    error = refused(place, GUI, gui(extra=through if link_first else through[::-1]))
    assert "through a symbolic link" in error.message


def test_a_symlink_that_escapes_by_way_of_another_one_is_refused(place: Place) -> None:
    chain = [folder("a"), folder("a/b"), link("a/b/root", "../.."), link("out", "a/b/root/../secret")]
    error = refused(place, GUI, gui(extra=chain))
    assert "'out'" in error.message


def test_a_symlink_that_leads_in_circles_is_refused(place: Place) -> None:
    assert "leaves" in refused(place, GUI, gui(extra=[link("a", "b"), link("b", "a")])).message


def test_a_symlink_into_a_folder_that_flattening_takes_away_is_refused(place: Place) -> None:
    assert "leaves" in refused(place, GUI, gui(prefix="emm/", extra=[link("emm/WEB-INF/x", "../../emm/WEB-INF")])).message


def test_a_hard_link_to_a_setuid_program_under_another_name_is_refused(place: Place) -> None:
    error = refused(place, BACKEND, backend(extra=[hard_link(f"{V}/bin/sh", f"{V}/bin/qctrl")]))
    assert "setuid" in error.message


def test_a_third_setuid_program_in_a_backend_is_refused(place: Place) -> None:
    error = refused(place, BACKEND, backend(extra=[file(f"{V}/bin/other", mode=0o4755)]))
    assert f"'{V}/bin/other'" in error.message


def test_the_backends_programs_elsewhere_in_a_backend_are_refused(place: Place) -> None:
    assert "setuid" in refused(place, BACKEND, backend(extra=[file(f"{V}/scripts/bin/qctrl", mode=0o6755)])).message


def bomb(tmp_path: Path, members: Iterable[Member], limits: Limits) -> PackageError:
    path = tmp_path / GUI
    path.write_bytes(tarball(members))
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"), limits)
    assert caught.value.error_key == "package-bomb"
    return caught.value


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    zeros = file("WEB-INF/zeros", bytes(8 << 20))
    assert "times larger" in bomb(tmp_path, gui(extra=[zeros]), Limits(grace=1 << 20, ratio=100)).message


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    assert "bytes" in bomb(tmp_path, gui(extra=[file("WEB-INF/big", os.urandom(1 << 20))]), Limits(size=1 << 20)).message


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    many = [file(f"WEB-INF/{number}") for number in range(20)]
    assert "members" in bomb(tmp_path, gui(extra=many), Limits(members=20)).message


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("WEB-INF/x")
    info.pax_headers = {"comment": "x" * (3 << 20)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in gui():
            tar.addfile(member, io.BytesIO(data))
        tar.addfile(info)
    path = tmp_path / GUI
    path.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"))
    assert caught.value.error_key == "package-bomb"


def broken(place: Place, data: bytes) -> PackageError:
    (place.packages / GUI).write_bytes(data)
    ref = place.ref(GUI)
    with pytest.raises(PackageError) as caught:
        place.fetch(ref)
    return caught.value


def test_a_gzip_file_that_is_cut_short_is_refused_and_never_trusted_at_first_use(place: Place) -> None:
    data = tarball(gui(extra=[file("WEB-INF/big", os.urandom(100_000))]))
    assert broken(place, data[: len(data) // 2]).error_key == "package-cut-short"


@pytest.mark.parametrize("data", [b"", b"<html>logon</html>", tarball(gui())[:-6] + b"damage"])
def test_what_is_no_whole_gzip_file_is_refused(place: Place, data: bytes) -> None:
    assert broken(place, data).error_key in {"package-damaged", "package-cut-short"}


@pytest.mark.parametrize("keep", [700, 1536, 2 * 512 + 100])
def test_a_tar_that_ends_early_inside_a_whole_gzip_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / GUI
    path.write_bytes(gzip.compress(gzip.decompress(tarball(gui()))[:keep]))
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"))
    assert caught.value.error_key == "package-cut-short"


def test_a_damaged_header_does_not_pass_for_the_end_of_the_package(tmp_path: Path) -> None:
    raw = bytearray(gzip.decompress(tarball(gui())))
    raw[2 * 512 + 10] ^= 0xFF  # in the second member's header
    path = tmp_path / GUI
    path.write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"))
    assert caught.value.error_key == "package-damaged"


@pytest.mark.parametrize(
    ("name", "members", "words"),
    [
        (GUI, backend("20.04.000.200"), "backend"),
        (GUI, runtime(), "runtime"),
        ("openemm-statistics-20.04.000.200.tar.gz", gui(), "gui"),
        ("openemm-statistics-20.04.000.200.tar.gz", [*gui()[:2], file("WEB-INF/classes/emm-ws.properties")], "webservices"),
        ("openemm-webservices-20.04.000.200.tar.gz", [*gui()[:2], file("WEB-INF/birt/x.rptdesign")], "statistics"),
        ("openemm-backend-20.10.000.126.tar.gz", gui(), "gui"),
        ("openemm-20.04.000.200.tar.gz", gui(), "gui"),
        (GUI, [file("README")], "nothing"),
        (GUI, [], "nothing"),
    ],
)
def test_a_package_that_is_not_what_its_name_says_is_refused(place: Place, name: str, members: list[Member], words: str) -> None:
    error = refused(place, name, members)
    assert error.error_key == "package-kind-mismatch"
    assert words in error.message


@pytest.mark.parametrize(("name", "members"), [(GUI, gui("20.10.000.152")), (BACKEND, backend("20.10.000.107"))])
def test_a_package_of_another_version_than_its_name_says_is_refused(place: Place, name: str, members: list[Member]) -> None:
    assert refused(place, name, members).error_key == "package-version-mismatch"


def test_a_web_application_without_web_xml_is_refused(place: Place) -> None:
    assert refused(place, GUI, gui()[1:]).error_key == "package-incomplete"
