"""What cannot be meant, or cannot be done, is refused with a key before anything is changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.hosts.backups.backups import RealBackups
from tests.integration.upgrade.upgrade_kit import Stages

pytestmark = pytest.mark.integration
BACK = ("rollback", "--to", "20.04", "--yes")
Breaks = Callable[[Stages], Any]


@pytest.fixture(scope="module")
def host(stages: Stages) -> Stages:
    """One host for all: what is refused changes nothing."""
    stages.put_back("upgraded")
    return stages


def restore_point(host: Stages) -> Path:
    [folder] = (host.host / "backups").glob("*-hop2")
    return folder


@contextmanager
def aside(path: Path) -> Iterator[None]:
    """Without it for the time."""
    elsewhere = path.with_name(path.name + ".aside") if "release" not in path.parts else path.parents[3] / "aside"
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)


@contextmanager
def content(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """With other content for the time."""
    old = path.read_bytes()
    path.write_bytes(change(old))
    try:
        yield
    finally:
        path.write_bytes(old)


@contextmanager
def copied(source: Path, target: Path) -> Iterator[None]:
    shutil.copytree(source, target, symlinks=True)
    try:
        yield
    finally:
        shutil.rmtree(target)


@contextmanager
def pointing(link: Path, target: str) -> Iterator[None]:
    old = link.readlink()
    link.unlink()
    link.symlink_to(target)
    try:
        yield
    finally:
        link.unlink()
        link.symlink_to(old)


def manifest(host: Stages) -> Path:
    return restore_point(host) / "manifest.json"


def one_byte(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def edited(**values: Any) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(json.loads(data) | values).encode()


GUI = "home/release/emm/openemm-gui-20.04.000.200"
MISSING = "restore-point-missing"
BROKEN: dict[str, tuple[Breaks, tuple[str, ...], int, str]] = {
    "a dump edited by one byte": (
        lambda host: content(restore_point(host) / "dump.sql.zst", one_byte), BACK, 3, "backup-corrupt"),
    "a dump cut short": (
        lambda host: content(restore_point(host) / "dump.sql.zst", lambda data: data[:-9]), BACK, 3, MISSING),
    "a manifest missing": (lambda host: aside(manifest(host)), BACK, 3, MISSING),
    "a manifest that is no JSON": (lambda host: content(manifest(host), lambda data: data[:40]), BACK, 3, MISSING),
    "a dump that was never proven": (lambda host: content(manifest(host), edited(verified=None)), BACK, 3, MISSING),
    "a dump of another release": (
        lambda host: content(manifest(host), edited(release="20.04.000.199")), BACK, 3, MISSING),
    "a release folder half deleted": (lambda host: aside(host.host / GUI / "WEB-INF/web.xml"), BACK, 3, "release-incomplete"),
    "a part of the frontend that is not there": (
        lambda host: aside(host.host / "home/release/webservices/openemm-webservices-20.04.000.200"), BACK, 2,
        "version-not-installed"),
    "a release that is not there": (lambda host: aside(host.host / GUI), BACK, 2, "version-not-installed"),
    "two releases with one version": (
        lambda host: copied(host.host / GUI, host.host / f"{GUI}-copy"), BACK, 3, "version-ambiguous"),
    "a runtime's link to nothing": (lambda host: pointing(host.home / "tomcat", "nowhere"), BACK, 3, "link-broken"),
    "a frontend's link to nothing": (
        lambda host: pointing(host.home / "webapps/emm", "../release/emm/gone"), ("switch", "frontend", "20.10", "--yes"), 3,
        "link-broken"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_host_is_refused(host: Stages, name: str) -> None:
    breaks, command, code, key = BROKEN[name]
    links = {path: path.readlink() for path in host.home.rglob("*") if path.is_symlink()}
    with breaks(host):
        error = host.say(*command).refused(code, key)
        assert "nothing was changed" in " ".join(error["unharmed"]), error
    assert {path: path.readlink() for path in host.home.rglob("*") if path.is_symlink()} == links
    assert len(host.say("runs").last["runs"]) == 1


@pytest.mark.parametrize(
    ("command", "code", "key"),
    [
        (("switch", "engine", "20.10"), 2, "usage"),
        (("switch", "backend", "20.10.000.999"), 2, "version-not-installed"),
        (("switch", "backend", "newest"), 2, "version-malformed"),
        (("switch", "frontend", "20.04"), 3, "switch-across-lines"),
        (("switch", "backend", "20.04"), 3, "switch-across-lines"),
        (("rollback", "--to", "18.10"), 2, "version-not-installed"),
        (("rollback", "--to", "20.04", "--run", "AAAA"), 2, "target-and-run"),
        (("rollback", "--run", "AAAA"), 2, "run-unknown"),
        (("backup", "restore", "nothing"), 3, "backup-not-found"),
        (("runs", "forget", "AAAA"), 2, "run-unknown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant_is_refused(host: Stages, command: tuple[str, ...], code: int, key: str) -> None:
    error = host.say(*command, "--yes").refused(code, key)
    assert len(host.say("runs").last["runs"]) == 1
    if key == "switch-across-lines":
        assert "schema" in error["message"]
        assert error["next"][0].startswith("orchestrate rollback --to 20.04")
    if key == "version-not-installed":
        assert any("20.10.000" in line for line in error["detail"])


def test_a_dump_of_another_release_is_not_restored_alone(host: Stages) -> None:
    error = host.say("backup", "restore", restore_point(host).name, "--yes").refused(3, "backup-of-other-release")
    assert error["next"] == ["orchestrate rollback --to 20.04.000.200    moves links and database together"]


def test_too_little_room_is_refused(host: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RealBackups, "room_to_restore", lambda *_: (1 << 60, "/"))
    host.say(*BACK).refused(3, "no-room-for-restore")


def test_without_a_fingerprint_the_database_is_not_left(host: Stages) -> None:
    shutil.copytree(host.host / "state", host.host / "state.kept")
    try:
        host.forget()
        host.say(*BACK, "--without-database").refused(3, "fingerprint-missing")
        host.say("rollback", "--yes").refused(2, "nothing-to-roll-back")
    finally:
        shutil.rmtree(host.host / "state")
        (host.host / "state.kept").rename(host.host / "state")


def test_a_link_changed_by_hand_is_named_and_recorded_once(host: Stages) -> None:
    folder = "../../release/manual/openemm-manual-20.04.000.002/de"
    with pointing(host.home / "webapps/manual/de", folder):
        found = host.say("status").last
        assert found["drift"] == [{"component": "manual", "recorded": "20.10.000.003", "found": "20.04.000.002"}]
        assert found["drift_recorded"]
        again = host.say("status").last
        assert (again["drift"], again["outside"]) == ([], ["manual"])
    host.say("status")
    assert [kind for kind, _ in host.ledger()].count("drift-observed") == 2
    assert host.say("status").last["available"]["manual"] == ["20.10.000.003", "20.04.000.002", "19.10.000.001"]


def test_a_part_of_the_frontend_of_another_version_is_named(host: Stages) -> None:
    with pointing(host.home / "webapps/statistics", "../release/statistics/openemm-statistics-20.04.000.200"):
        problem = host.say("status").last["problems"]["statistics"]
    assert "20.04.000.200" in problem
