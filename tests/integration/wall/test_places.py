"""What stands in the place of our folders and of small files (DESIGN 3.13); one row an attack."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.answers import file as answers
from orchestrator.errors import as_text, told
from orchestrator.files import OddFileError, read_small
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.files.secret_file import read_secret
from orchestrator.hosts.home.home import RealHome
from orchestrator.hosts.network.host_name import of_application
from orchestrator.hosts.scratch.scratch import scratch_server
from orchestrator.places import ACL, PlaceError, see_file, see_folder, see_state
from orchestrator.releases.source import FolderSource
from orchestrator.runs import checkpoints
from orchestrator.settings import Settings, load
from state.store import Store
from tests.remedies.follow import follow
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what belongs to others")
OTHER = pwd.getpwnam("nobody").pw_uid
ORCHESTRATE = Path(sys.executable).parent / "orchestrate"


def let_in(path: Path, uid: int) -> None:
    """An ACL that lets one more user write; the mode shows it as the group's right."""
    entries = [(0x01, 7, -1), (0x02, 7, uid), (0x04, 5, -1), (0x10, 7, -1), (0x20, 5, -1)]
    try:
        os.setxattr(path, ACL, struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries))
    except OSError:
        pytest.skip("this file system knows no ACLs")


def shared_above(folder: Path, mode: int) -> None:
    folder.parent.chmod(mode)


def link_of_others(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    shared_above(folder, 0o1777)
    folder.symlink_to("real")
    os.lchown(folder, OTHER, OTHER)


def link_through_shared(folder: Path) -> None:
    shared = folder.parent / "shared"
    shared.mkdir()
    folder.rename(shared / "real")
    shared.chmod(0o777)
    folder.symlink_to("shared/real")


FOLDERS: dict[str, Callable[[Path], object]] = {
    "everybody may write in it": lambda folder: folder.chmod(0o777),
    "everybody may write in it, and remove only what is his": lambda folder: folder.chmod(0o1777),
    "a group of others may write in it": lambda folder: (folder.chmod(0o770), os.chown(folder, 0, OTHER)),
    "an ACL lets somebody write in it": lambda folder: let_in(folder, OTHER),
    "it belongs to another user": lambda folder: os.chown(folder, OTHER, OTHER),
    "everybody may write in the folder above": lambda folder: shared_above(folder, 0o777),
    "the folder above belongs to another user": lambda folder: os.chown(folder.parent, OTHER, OTHER),
    "it is a link of another user's": link_of_others,
    "it is a link through a folder that everybody may write in": link_through_shared,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder of ours alone, in one of ours alone."""
    found = tmp_path / "above/state"
    found.mkdir(parents=True, mode=0o700)
    return found


@pytest.mark.parametrize("attack", FOLDERS)
def test_a_folder_that_others_decide_is_refused_and_can_be_mended(attack: str, folder: Path) -> None:
    FOLDERS[attack](folder)
    with pytest.raises(PlaceError) as caught:
        see_state(folder)
    assert caught.value.error_key == "place-unsafe"
    assert caught.value.unharmed == ("everything: nothing was read or written there",)
    (remedy,) = caught.value.next
    follow(remedy)
    if remedy.startswith("ls -ld"):  # it must lie elsewhere
        folder = folder.rename(folder.parents[1] / "elsewhere")
    see_state(folder)


FINE: dict[str, Callable[[Path], object]] = {
    "ours": lambda folder: None,
    "not there yet": lambda folder: folder.rmdir(),
    "not there yet, below a folder like /tmp": lambda folder: (folder.rmdir(), shared_above(folder, 0o1777)),
    "below a folder like /tmp": lambda folder: shared_above(folder, 0o1777),
    "of a group that is only ours": lambda folder: folder.chmod(0o770),
    "open to be looked into": lambda folder: folder.chmod(0o755),
    "a link of ours": lambda folder: (folder.rename(folder.parents[1] / "disk"), folder.symlink_to("../disk")),
    "with a folder elsewhere": lambda folder: (folder / "backups").symlink_to(folder.parent),
}


@pytest.mark.parametrize("place", FINE)
def test_a_place_of_ours_alone_is_taken(place: str, folder: Path) -> None:
    FINE[place](folder)
    see_state(folder)


def test_where_test_restores_happen_may_be_a_folder_like_tmp(folder: Path) -> None:
    folder.chmod(0o1777)
    see_folder(folder, shared=True)
    folder.chmod(0o777)
    with pytest.raises(PlaceError, match="others may write it"), scratch_server(folder, "7K3Q-hop1", small=True):
        raise AssertionError("a server was started there")
    assert list(folder.iterdir()) == []


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # a path of a socket is short
        one.bind(path.name)
        os.chdir(here)


def of_others(path: Path) -> None:
    path.touch(0o600)
    os.chown(path, OTHER, OTHER)


def open_to_all(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


STANDS: dict[str, Callable[[Path, Path], object]] = {
    "a link to a file of root's": lambda path, victim: path.symlink_to(victim),
    "a link to nothing": lambda path, victim: path.symlink_to(victim.with_name("new")),
    "a link to itself": lambda path, victim: path.symlink_to(path.name),
    "a link to a device": lambda path, victim: path.symlink_to("/dev/zero"),
    "a link to a folder": lambda path, victim: path.symlink_to(victim.parent),
    "a pipe": lambda path, victim: os.mkfifo(path, 0o600),
    "a socket": lambda path, victim: socket_at(path),
    "a folder": lambda path, victim: path.mkdir(),
    "a file of another user's": lambda path, victim: of_others(path),
    "a file that everybody may write": lambda path, victim: open_to_all(path),
}


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "victim").mkdir()
    secret = tmp_path / "victim/secret"
    secret.write_text("root-only\n")
    secret.chmod(0o640)
    return secret


@pytest.mark.parametrize("name", ["state.db", "state.db-wal", "sites.json", "s6.lock"])
@pytest.mark.parametrize("attack", STANDS)
def test_what_stands_where_a_file_of_ours_should_is_refused(attack: str, name: str, folder: Path, victim: Path) -> None:
    if (attack, name) == ("a folder", "s6.lock"):
        pytest.skip("the lock is opened as a file, and a folder cannot be")
    STANDS[attack](folder / name, victim)
    with pytest.raises(PlaceError) as caught:
        see_state(folder)
    (remedy,) = caught.value.next
    follow(remedy)
    if remedy.startswith("ls -l"):
        (folder / name).rename(victim.parents[1] / "moved-away")
    see_state(folder)
    assert victim.read_text() == "root-only\n"
    assert stat.S_IMODE(victim.stat().st_mode) == 0o640
    assert list(victim.parent.iterdir()) == [victim]


@pytest.mark.parametrize("attack", ["a pipe", "a link to a file of root's", "a file of another user's"])
@pytest.mark.parametrize("name", ["dump.sql.zst", "manifest.json"])
def test_what_stands_in_a_backup_is_refused(attack: str, name: str, folder: Path, victim: Path) -> None:
    backup = folder / "7K3Q-hop1"
    backup.mkdir(mode=0o700)
    STANDS[attack](backup / name, victim)
    backups = RealBackups(Settings(home=folder.parent, state=folder, backups=folder))
    for use in (backups.check, lambda one: backups.restore(one, keep_as="kept", progress=lambda *_: None), backups.remove):
        with pytest.raises(PlaceError):
            use("7K3Q-hop1")
    assert victim.read_text() == "root-only\n"


def test_no_backup_is_made_where_others_may_write(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(PlaceError):
        RealBackups(Settings(home=folder.parent, state=folder, backups=folder)).create(
            "7K3Q-hop1", "19.10", quiesced=True, checkpoint={}, progress=lambda *_: None
        )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("attack", ["a file of another user's", "a file that everybody may write", "a link to a device"])
def test_a_file_that_decides_or_holds_a_secret_is_not_taken_from_others(attack: str, folder: Path, victim: Path) -> None:
    STANDS[attack](folder / "file", victim)
    for use in (see_file, lambda path: read_secret(str(path))):
        with pytest.raises(PlaceError):
            use(folder / "file")


def test_the_site_file_of_another_user_is_not_followed(folder: Path) -> None:
    (folder / "site.toml").write_text('user = ""\n')
    os.chown(folder / "site.toml", OTHER, OTHER)
    with pytest.raises(PlaceError, match="belongs to nobody"):
        load(str(folder), {})


# --- small files ---

SMALL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a socket": socket_at,
    "a file of a terabyte": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}
READERS: dict[str, Callable[[Path], object]] = {
    "home/etc/dbcfg": dbcfg.read,
    "answers.toml": answers.read,
    "checkpoint.json": checkpoints.read,
    "packages/SHA256SUMS": lambda path: FolderSource(path.parent).read(),
    "home/conf/hostname": lambda path: of_application(path.parents[1]),
    "home/conf/keys/emm.salt": read_small,
}


@pytest.mark.parametrize("attack", SMALL)
@pytest.mark.parametrize("name", READERS)
def test_what_stands_in_the_place_of_a_small_file_neither_blocks_us_nor_fills_the_memory(
    attack: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    SMALL[attack](path)
    with pytest.raises((WorkflowError, OddFileError)) as caught:
        READERS[name](path)
    said = told(caught.value)
    assert "it is " in said.message, said
    assert said.key not in {"internal-error", "system-error"}
    assert said.next
    if isinstance(caught.value, OddFileError):
        assert said.unharmed == ("everything: nothing of it was read",)
        follow(said.next[0])
    assert as_text(caught.value)


@pytest.mark.parametrize("attack", SMALL)
def test_a_version_that_cannot_be_read_is_none_or_told(attack: str, tmp_path: Path) -> None:
    (tmp_path / "tomcat/conf").mkdir(parents=True)
    SMALL[attack](tmp_path / "tomcat/conf/version.txt")
    home = RealHome(Settings(home=tmp_path, user=""))
    if attack == "a file of a terabyte":
        with pytest.raises(OddFileError):
            home.active()
    else:
        assert "runtime" not in {component.value for component in home.active()}


def test_a_small_file_is_read_whole_and_one_that_is_missing_is_missing(tmp_path: Path) -> None:
    (tmp_path / "salt").write_bytes(b"\0salt\r\n")
    assert read_small(tmp_path / "salt") == b"\0salt\r\n"
    for name, error in (("none", FileNotFoundError), ("", IsADirectoryError)):
        with pytest.raises(error) as caught:
            read_small(tmp_path / name)
        assert caught.value.filename == str(tmp_path / name)


# --- the command ---


@pytest.mark.parametrize("attack", ["everybody may write in it", "store a pipe"])
def test_the_command_ends_with_a_key_what_is_unharmed_and_what_next(attack: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    Store.open(state / "state.db", tool_version="0.1.0").close()
    if attack == "store a pipe":
        for file in state.iterdir():
            file.unlink()
        os.mkfifo(state / "state.db", 0o600)
    else:
        state.chmod(0o777)
    (tmp_path / "site.toml").write_text(f'home = "{tmp_path}/home"\nuser = ""\nstate = "{state}"\n')
    for command in (["backup", "list"], ["runs"], ["resume"], ["audit", "verify"]):
        done = subprocess.run(
            [ORCHESTRATE, "--site", tmp_path, "--no-color", *command], capture_output=True, text=True, check=False, timeout=60,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert (done.returncode, "[place-unsafe]" in done.stderr) == (3, True), done.stderr
        assert "unharmed" in done.stderr
        assert "  next      " in done.stderr
        assert "Traceback" not in done.stderr
    done = subprocess.run([ORCHESTRATE, "--site", tmp_path, "status"], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    assert f"cannot trust {state}" in " ".join(done.stdout.split())
