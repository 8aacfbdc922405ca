"""A Python that is built from its source: by whom, where, and what becomes of one that is cut off."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.command import run
from orchestrator.files import sha256_file, tree_digest
from orchestrator.hosts.software import python_source
from orchestrator.sandbox import python as stand_in
from tests.system.lab import python_source as tarball
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.integration
PYTHON = "/usr/bin/python3"  # which others than root may run
SOURCE = os.environ.get("ORCHESTRATE_PYTHON_SOURCE", "")
CHILD = """import sys
from pathlib import Path
from orchestrator.hosts.software import python_source
archive, digest, folder = sys.argv[1:]
python_source.build(Path(archive), digest, Path(folder), lambda text: print(text, flush=True))
"""


class Cut(Exception):  # noqa: N818 - a power cut, not an error
    """The build ends here."""


@pytest.fixture
def opt(tmp_path: Path, open_folder: Path) -> Iterator[Path]:
    """The folder opt of a home that belongs to somebody else than root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    home = open_folder / f"home-{tmp_path.name}"
    folder = home / "opt"
    folder.mkdir(parents=True)
    for path in (home, folder):
        shutil.chown(path, "daemon", "daemon")
    yield folder
    shutil.rmtree(home)


def build(archive: Path, digest: str, opt: Path, cut_at: str = "") -> list[str]:
    """Build it; what was reported. cut_at: the phase in which it is cut off."""
    said: list[str] = []

    def report(text: str) -> None:
        said.append(text)
        if cut_at and cut_at in text:
            raise Cut(text)

    python_source.build(archive, digest, opt / tarball.TOP, report)
    return said


def works(opt: Path) -> Path:
    (found,) = opt.glob(".Python-*.orchestrate-*")
    return found


def test_it_is_built_as_its_owner_told_by_phases_and_leaves_nothing_beside(tmp_path: Path, opt: Path) -> None:
    archive, digest = tarball.build(tmp_path, PYTHON)
    assert python_source.version_in(archive) == stand_in.VERSION
    said = build(archive, digest, opt)
    assert said[0] == f"unpacks {archive.name}"
    assert [word for word in ("configure", "make", "install") if any(f"{word}, line" in text for text in said)] == [
        "configure", "make", "install",
    ]  # fmt: skip
    assert [path.name for path in opt.iterdir()] == [tarball.TOP]
    assert {path.owner() for path in (opt / tarball.TOP).rglob("*")} == {"daemon"}
    told = run([str(opt / tarball.TOP / "bin/python3"), "--version"], timeout=30).stdout
    assert told == f"Python {stand_in.VERSION}\n"
    assert build(archive, digest, opt) == []  # it is there


@pytest.mark.parametrize("phase", ["unpacks", "configure", "make", "install"])
def test_one_that_is_cut_off_in_a_phase_goes_on_with_it(tmp_path: Path, opt: Path, phase: str) -> None:
    archive, digest = tarball.build(tmp_path, PYTHON, seconds=0.05)
    with pytest.raises(Cut):
        build(archive, digest, opt, cut_at=phase)
    said = build(archive, digest, opt)
    assert any(text.startswith("unpacks") for text in said) == (phase == "unpacks")
    assert (opt / tarball.TOP / python_source.BUILT).is_file()
    assert [path.name for path in opt.iterdir()] == [tarball.TOP]


def test_one_that_is_killed_leaves_nothing_running_and_goes_on_where_make_was(tmp_path: Path, opt: Path) -> None:
    archive, digest = tarball.build(tmp_path, PYTHON, seconds=0.2)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(archive), digest, str(opt / tarball.TOP)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        for line in child.stdout:
            if "make, line" in line:
                break
        child.send_signal(signal.SIGKILL)
    log = works(opt) / "times.log"
    build(archive, digest, opt)  # waits until what is left of the first has ended
    assert not log.exists()
    assert run([str(opt / tarball.TOP / "bin/python3"), "--version"], timeout=30).exit_code == 0


def test_what_make_made_before_a_cut_is_not_made_again(tmp_path: Path, opt: Path) -> None:
    keeps = {"stand-in/lib/once.txt": "x"}
    archive, digest = tarball.build(tmp_path, PYTHON, seconds=0.1, changed=keeps)
    with pytest.raises(Cut):
        build(archive, digest, opt, cut_at="make")
    parts = sorted(path.name for path in works(opt).glob("part-*"))
    logged: list[str] = []

    def report(text: str) -> None:
        logged.append(text)
        if "install, line" in text:
            raise Cut(text)

    with pytest.raises(Cut):
        python_source.build(archive, digest, opt / tarball.TOP, report)
    times = (works(opt) / "times.log").read_text().split()
    assert times.count("configure") == 1
    assert all(times.count(part) == 1 for part in parts)


def test_another_file_than_the_one_that_was_named_is_not_unpacked(tmp_path: Path, opt: Path) -> None:
    archive, _ = tarball.build(tmp_path, PYTHON)
    before = tree_digest(opt)
    with pytest.raises(WorkflowError) as caught:
        build(archive, "0" * 64, opt)
    assert caught.value.error_key == "python-source-other"
    assert tree_digest(opt) == before


def test_what_is_no_source_of_python_is_refused(tmp_path: Path, opt: Path) -> None:
    other = tmp_path / "other.tgz"
    with tarfile.open(other, "w:gz") as tar:
        tar.add(__file__, "Tomcat-3.9.2/configure")
    for file in (other, tmp_path / "absent.tgz"):
        with pytest.raises(WorkflowError) as caught:
            build(file, "0" * 64, opt)
        assert caught.value.error_key == "not-a-python-source"


def test_a_folder_that_is_there_already_is_left_alone(tmp_path: Path, opt: Path) -> None:
    archive, digest = tarball.build(tmp_path, PYTHON)
    (opt / tarball.TOP).mkdir()
    with pytest.raises(WorkflowError) as caught:
        build(archive, digest, opt)
    assert caught.value.error_key == "python-folder-taken"
    assert caught.value.next[0].startswith("mv ")
    run(["sh", "-c", caught.value.next[0]], timeout=30)
    build(archive, digest, opt)
    python_source.remove(opt / tarball.TOP)
    assert [path.name for path in opt.iterdir()] == [f"{tarball.TOP}.mine"]


def test_a_build_that_fails_tells_its_last_lines_and_goes_on_once_it_can(tmp_path: Path, opt: Path) -> None:
    broken = {"configure": "#!/bin/sh\n[ -e ready ] || { echo 'configure: error: no C compiler'; exit 1; }\n. ./real\n",
              "real": tarball.CONFIGURE}  # fmt: skip
    archive, digest = tarball.build(tmp_path, PYTHON, changed=broken)
    with pytest.raises(WorkflowError) as caught:
        build(archive, digest, opt)
    assert caught.value.error_key == "python-build-failed"
    assert "configure: error: no C compiler" in caught.value.detail
    work = works(opt)
    (work / "ready").touch()
    build(archive, digest, opt)
    python_source.remove(opt / tarball.TOP)
    assert list(opt.iterdir()) == []


@pytest.mark.skipif(not SOURCE, reason="ORCHESTRATE_PYTHON_SOURCE names no .tgz of a real Python 3.8 or 3.9")
@pytest.mark.timeout(3600)
def test_a_real_python_is_built_and_has_what_the_backend_needs_of_it(opt: Path) -> None:
    archive = Path(SOURCE)
    folder = opt / f"Python-{python_source.version_in(archive)}"
    python_source.build(archive, sha256_file(archive), folder, print)
    run([str(folder / "bin/python3"), "-c", "import ssl, sqlite3, zlib, ctypes"], timeout=60)
