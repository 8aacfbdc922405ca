"""dnf, zypper and apt, for real, on private roots."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.command import PATH, run
from orchestrator.data import distributions
from orchestrator.hosts.os_packages import locks, package_manager
from orchestrator.hosts.os_packages.common import Manager
from tests.integration.os_packages import conftest
from tests.integration.os_packages.os_package_kit import LONG
from workflows.host.os_packages import Transaction
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.integration


def test_what_is_not_installed_is_no_error_and_what_is_has_its_version(manager: Manager) -> None:
    manager.refresh()
    assert manager.installed(["alpha", "nothing"]) == {}
    manager.install(["alpha"])
    versions = manager.installed(["alpha", "beta", "nothing"])
    assert {name: version.partition("-")[0] for name, version in versions.items()} == {"alpha": "2.0", "beta": "1.0"}


def test_the_newest_version_that_a_repository_has_is_the_candidate(manager: Manager) -> None:
    manager.refresh()
    found = manager.candidates(["alpha", "nothing", "beta"])
    assert {name: version.partition("-")[0] for name, version in found.items()} == {"alpha": "2.0", "beta": "1.0"}
    assert manager.missing(["alpha", "nothing"]) == ["nothing"]


def test_the_dry_run_tells_beforehand_what_is_added_and_exactly_that_can_be_removed(manager: Manager) -> None:
    manager.refresh()
    planned = manager.transaction(["alpha", "gamma"])
    assert planned == Transaction(added=("alpha", "beta", "gamma"))
    assert manager.installed(planned.added) == {}
    manager.install(["alpha", "gamma"])
    assert set(manager.installed(planned.added)) == set(planned.added)
    assert manager.transaction(["alpha", "gamma"]) == Transaction()
    manager.remove(planned.added)
    assert manager.installed(planned.added) == {}
    manager.remove(planned.added)  # once more


def test_what_was_there_is_not_told_as_added(manager: Manager) -> None:
    manager.refresh()
    manager.install(["beta"])
    assert manager.transaction(["alpha"]).added == ("alpha",)


def test_a_package_that_something_else_needs_is_not_removed(manager: Manager) -> None:
    manager.refresh()
    manager.install(["alpha"])
    with pytest.raises(WorkflowError) as caught:
        manager.remove(["beta"])
    assert caught.value.error_key == "packages-not-removed"
    assert "alpha" in "\n".join(caught.value.detail)
    assert set(manager.installed(["alpha", "beta"])) == {"alpha", "beta"}
    if manager.name == "apt":
        wishes = run(["dpkg", "--root", str(manager._root), "--get-selections"], timeout=30).stdout
        assert "deinstall" not in wishes
        assert "purge" not in wishes


@pytest.mark.parametrize("package", ["nothing", "broken"])
def test_what_cannot_be_installed_is_named_with_what_the_manager_says(manager: Manager, package: str) -> None:
    manager.refresh()
    for attempt in (manager.transaction, manager.install):
        with pytest.raises(WorkflowError) as caught:
            attempt([package])
        assert caught.value.error_key == "packages-not-installed"
        assert package in caught.value.message
        assert package in "\n".join(caught.value.detail)


def test_nothing_is_removed_to_make_room_for_another(manager: Manager) -> None:
    manager.refresh()
    manager.install(["gamma"])
    if manager.name == "apt":
        assert manager.transaction(["delta"]).removed == ("gamma",)
        assert manager.missing(["delta"]) == ["delta"]
    else:  # they do not even plan it
        with pytest.raises(WorkflowError, match="cannot install delta"):
            manager.transaction(["delta"])
    with pytest.raises(WorkflowError, match="cannot install delta"):
        manager.install(["delta"])
    assert set(manager.installed(["gamma", "delta"])) == {"gamma"}


def test_the_enabled_repositories_are_named(manager: Manager) -> None:
    manager.refresh()
    assert manager.repositories() == (["here/main"] if manager.name == "apt" else ["base"])


def test_pending_updates_are_counted(manager: Manager) -> None:
    manager.refresh()
    manager.install(["beta"])
    assert manager.pending() == 0
    run(manager._install(["alpha=1.0" if manager.name == "apt" else "alpha-1.0"]), timeout=60)
    assert manager.pending() == 1
    assert manager.transaction(["alpha"]).upgraded == (() if manager.name == "dnf" else ("alpha",))  # dnf leaves what is there


def test_a_package_is_installed_from_its_file(manager: Manager, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    manager.refresh()
    repository: Path = request.getfixturevalue("debs" if manager.name == "apt" else "rpms")
    file = str(next(repository.rglob("gamma[-_]1.0*")))
    name, version = manager.describe(file)
    assert (name, version.partition("-")[0]) == ("gamma", "1.0")
    assert manager.transaction([file]) == Transaction(added=("gamma",))
    manager.install([file])
    assert manager.installed(["gamma"])["gamma"] == version
    (tmp_path / "no-package.rpm").write_text("nothing of the kind")
    with pytest.raises(WorkflowError) as caught:
        manager.describe(str(tmp_path / "no-package.rpm"))
    assert caught.value.error_key == "package-file-unreadable"


def test_a_repository_that_is_gone_is_unreachable(manager: Manager, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    made = {"dnf": conftest.dnf, "zypper": conftest.zypper, "apt": conftest.apt}[manager.name]
    repository = request.getfixturevalue("debs" if manager.name == "apt" else "rpms")
    shutil.copytree(repository, tmp_path / "soon-gone")
    other = made(tmp_path / "other", tmp_path / "soon-gone")
    shutil.rmtree(tmp_path / "soon-gone")
    with pytest.raises(WorkflowError) as caught:
        other.refresh()
    assert caught.value.error_key == "repository-unreachable"
    assert caught.value.next[0].startswith(other.ask)


def test_another_package_manager_is_waited_for_and_named_when_it_takes_too_long(manager: Manager, tmp_path: Path) -> None:
    manager.refresh()
    lock = next(path for path in manager._locks if path.parent.is_dir())
    program = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        assert f"(pid {other.pid})" in str(manager.holder())
        with pytest.raises(WorkflowError) as caught:
            manager.install(["beta"])
        other.terminate()
    assert caught.value.error_key == "package-manager-busy"
    assert str(other.pid) in caught.value.message
    assert str(lock) in caught.value.message
    assert manager.holder() is None
    manager.install(["beta"])


@pytest.mark.parametrize(
    ("said", "name"),
    [("ID=debian\nVERSION_ID=12\n", "apt"), ("ID=rocky\nID_LIKE='rhel fedora'\n", "dnf"), ("ID=sles\n", "zypper")],
)
def test_the_distribution_decides_where_several_are_installed(
    said: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if absent := [program for program in ("dnf", "zypper", "apt-get") if not shutil.which(program, path=PATH)]:
        pytest.skip(f"not installed: {', '.join(absent)}")
    (tmp_path / "os-release").write_text(said)
    monkeypatch.setattr(distributions, "OS_RELEASE", tmp_path / "os-release")
    assert package_manager().name == name


def test_a_lock_of_our_own_process_is_nobody_elses(manager: Manager) -> None:
    lock = next(path for path in manager._locks if path.parent.is_dir())
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX)
        assert manager.holder() is None
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("manager", ["dnf", "zypper"], indirect=True)
def test_a_package_stands_for_the_name_it_provides(manager: Manager) -> None:
    manager.refresh()
    manager.install(["MariaDB-server"])
    assert manager.installed(["mariadb-server"]) == {"mariadb-server": "10.3.39-1"}


@pytest.mark.parametrize("manager", ["dnf"], indirect=True)
def test_names_too_long_for_a_table_are_read_whole(manager: Manager) -> None:
    assert manager.candidates([LONG]) == {LONG: "1.0-1"}
    assert manager.transaction([LONG]).added == (LONG, "beta")


@pytest.mark.parametrize("manager", ["dnf"], indirect=True)
def test_a_pid_that_a_crash_left_behind_holds_nothing(manager: Manager) -> None:
    lock = manager._root / "var/run/yum.pid"
    lock.parent.mkdir(parents=True)
    lock.write_text("999999999")
    assert manager.holder() is None
    lock.write_text(str(os.getppid()))  # taken by another program since
    assert manager.holder() is None


@pytest.mark.parametrize("manager", ["apt"], indirect=True)
def test_what_was_cut_off_between_unpacking_and_configuring_is_brought_to_its_end(manager: Manager, debs: Path) -> None:
    manager.refresh()
    unpack(manager, debs / "gamma_1.0_all.deb")
    unpack(manager, debs / "alpha_1.0_all.deb")  # what it depends on was not even unpacked
    assert manager.installed(["alpha", "gamma"]) == {}
    manager.mend()
    assert manager.installed(["alpha", "beta", "gamma"]) == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    manager.mend()


@pytest.mark.parametrize("manager", ["dnf", "zypper"], indirect=True)
def test_where_nothing_was_cut_off_there_is_nothing_to_mend(manager: Manager) -> None:
    manager.refresh()
    manager.mend()
    assert manager.installed(["beta"]) == {}


@pytest.mark.parametrize("manager", ["apt"], indirect=True)
def test_another_one_that_comes_between_is_waited_for(
    manager: Manager, debs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manager.refresh()
    unpack(manager, debs / "gamma_1.0_all.deb")
    lock = manager._root / "var/lib/dpkg/lock-frontend"
    program = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program, str(lock)], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        waits: list[str | None] = []

        def wait(files: object, seconds: float) -> None:
            """Nobody was there at first; then the other one is, and goes."""
            waits.append(manager.holder())
            if len(waits) == 2:
                other.communicate("\n")

        monkeypatch.setattr(locks, "wait", wait)
        manager.mend()
    assert len(waits) == 2
    assert str(other.pid) in str(waits[1])
    assert manager.installed(["gamma"]) == {"gamma": "1.0"}


def unpack(manager: Manager, file: Path) -> None:
    """As far as a power cut lets dpkg come."""
    run(["dpkg", "--root", str(manager._root), "--unpack", "--force-depends", str(file)], timeout=60)


@pytest.mark.parametrize("state", ["half-installed", "unpacked"])
@pytest.mark.parametrize("manager", ["apt"], indirect=True)
def test_a_package_that_was_cut_off_half_unpacked_is_completed_whatever_comes_next(
    manager: Manager, debs: Path, state: str
) -> None:
    manager.refresh()
    for change in (manager.install, manager.remove):
        half_unpack(manager, debs / "gamma_1.0_all.deb", state)
        change(["gamma"])
        assert run(["dpkg", "--root", str(manager._root), "--audit"], timeout=60).stdout == ""
        assert len(list((manager._root / "opt").rglob("gamma*"))) == len(manager.installed(["gamma"]))
    half_unpack(manager, debs / "gamma_1.0_all.deb", state)
    manager.mend()
    assert manager.installed(["gamma"]) == {"gamma": "1.0"}


@pytest.mark.parametrize("manager", ["apt"], indirect=True)
def test_a_half_unpacked_package_that_cannot_be_had_any_more_is_named(manager: Manager, debs: Path, tmp_path: Path) -> None:
    manager.refresh()
    half_unpack(manager, debs / "gamma_1.0_all.deb", "half-installed")
    (manager._root / "etc/apt/sources.list").write_text("")
    manager.refresh()
    with pytest.raises(WorkflowError, match="cannot remove gamma") as caught:
        manager.remove(["gamma"])
    assert any("reinstall it before" in line for line in caught.value.detail)


def half_unpack(manager: Manager, file: Path, state: str) -> None:
    """As a power cut leaves it that comes before the last file of a package is in its place."""
    unpack(manager, file)
    status = manager._root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("install ok unpacked", f"install reinstreq {state}"))
