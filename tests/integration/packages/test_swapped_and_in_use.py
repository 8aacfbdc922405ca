"""Packages that change behind the judging, trees that are in use, and members that only look like files."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from package_kit import GUI, Member, Place, backend, file, folder, gui, hard_link, link, ref_for, tarball, tree

from orchestrator.files import tree_digest
from orchestrator.releases import staging, unpack
from orchestrator.releases.errors import PackageError
from orchestrator.releases.unpack import open_package
from workflows.model.plans import PackageKind

FOLDER = f"release/emm/{GUI.removesuffix('.tar.gz')}"
BACKEND = "openemm-backend-20.10.000.126.tar.gz"
V = "V20.10.000.126"


def test_a_package_swapped_for_one_of_the_same_names_and_sizes_behind_its_judging_gets_no_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefact = place.artefact(GUI, gui(extra=[file("WEB-INF/run.jsp", b"good")]))
    evil = tarball(gui(extra=[file("WEB-INF/run.jsp", b"evil")]))
    opened = unpack.open_package

    def judge_then_swap(*args: object) -> object:
        package = opened(*args)  # type: ignore[arg-type]
        Path(artefact.path).write_bytes(evil)
        return package

    monkeypatch.setattr(staging, "open_package", judge_then_swap)
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-digest-mismatch"
    assert not [path for path in place.home.rglob("*") if not path.is_dir()]
    assert not (place.home / FOLDER).exists()
    assert place.site().staged(artefact) is None


def test_a_package_swapped_between_its_digest_and_its_judging_is_not_even_unpacked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefact = place.artefact(GUI, gui(extra=[file("WEB-INF/run.jsp", b"good")]))
    evil = tarball(gui(extra=[file("WEB-INF/run.jsp", b"evil")]))
    opened = unpack.open_package

    def swap_then_judge(*args: object) -> object:
        Path(artefact.path).write_bytes(evil)
        return opened(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(staging, "open_package", swap_then_judge)
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-digest-mismatch"
    assert tree(place.home) == set()


@pytest.mark.parametrize("live", [True, False])
def test_a_damaged_tree_of_ours_is_made_anew_only_while_no_live_link_points_to_it(place: Place, *, live: bool) -> None:
    artefact = place.artefact(GUI, gui(extra=[file("index.htm")]))
    trees = place.site().stage(artefact)
    home = place.home / FOLDER
    (home / "index.htm").unlink()
    (place.home / "webapps").mkdir()
    (place.home / "webapps/emm").symlink_to(f"../{FOLDER if live else 'release/emm/another'}")
    before, inode = tree_digest(home), home.stat().st_ino
    if live:
        with pytest.raises(PackageError) as caught:
            place.site().stage(artefact)
        assert caught.value.error_key == "release-folder-foreign"
        assert "webapps/emm points to it" in caught.value.message
        assert (tree_digest(home), home.stat().st_ino) == (before, inode)
        (place.home / "webapps/emm").unlink()
    assert place.site().stage(artefact) == trees
    assert (home / "index.htm").is_file()


def refused(place: Place, name: str, members: Iterable[Member]) -> str:
    artefact = place.artefact(name, members)
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-unsafe-member"
    assert tree(place.home) == set()
    return caught.value.message


@pytest.mark.parametrize(
    "target", [folder("WEB-INF/private"), link("WEB-INF/lib", "classes"), hard_link("WEB-INF/copy.xml", "WEB-INF/web.xml")]
)
def test_a_hard_link_to_what_is_no_file_is_refused(place: Place, target: Member) -> None:
    name = target[0].name
    said = refused(place, GUI, gui(extra=[target, hard_link("WEB-INF/x", name)]))
    assert said.endswith("a hard link leads to something that is not a file of the package: 'WEB-INF/x'")


def test_a_hard_link_to_a_file_that_comes_only_behind_it_is_refused(place: Place) -> None:
    assert "'WEB-INF/x'" in refused(place, GUI, gui(extra=[hard_link("WEB-INF/x", "WEB-INF/late"), file("WEB-INF/late")]))


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_a_hard_link_that_makes_its_file_setuid_is_refused(place: Place, mode: int) -> None:
    info, data = hard_link("WEB-INF/sh", "WEB-INF/web.xml")
    info.mode = mode
    assert refused(place, GUI, gui(extra=[(info, data)])).endswith("a member is setuid or setgid: 'WEB-INF/sh'")


def test_a_hard_link_under_the_name_of_the_backends_own_program_is_not_one_of_them(place: Place) -> None:
    members = [member for member in backend() if not member[0].name.endswith("bin/smctrl")]
    said = refused(place, BACKEND, [*members, hard_link(f"{V}/bin/smctrl", f"{V}/bin/qctrl")])
    assert said.endswith(f"a member is setuid or setgid: '{V}/bin/smctrl'")


def old_gnu() -> tarfile.TarInfo:
    """A sparse file as GNU tar wrote it: two maps of nothing, behind the name and owner fields of its header."""
    info = tarfile.TarInfo("WEB-INF/sparse")
    info.type = tarfile.GNUTYPE_SPARSE
    return info


def pax(version: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("WEB-INF/sparse")
    info.pax_headers = {
        "0.1": {"GNU.sparse.map": "0,1", "GNU.sparse.size": "1048576", "GNU.sparse.name": "WEB-INF/sparse"},
        "1.0": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1048576"},
    }[version]
    return info


@pytest.mark.parametrize("made", [old_gnu, lambda: pax("0.1"), lambda: pax("1.0")], ids=["old GNU", "pax 0.1", "pax 1.0"])
def test_a_sparse_file_which_is_larger_than_what_is_read_of_it_is_refused(tmp_path: Path, made) -> None:
    info = made()
    data = b"1\n0\n0\n".ljust(512, b"\0")
    info.size = len(data)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in gui():
            tar.addfile(member, io.BytesIO(content))
        tar.addfile(info, io.BytesIO(data))
    path = tmp_path / GUI
    path.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"))
    assert caught.value.error_key == "package-unsafe-member"
    assert caught.value.message.endswith("it holds a sparse file: 'WEB-INF/sparse'")
