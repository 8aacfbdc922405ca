"""The three package managers on private roots, each with the same small packages in a local repository."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestrator.command import PATH, run
from orchestrator.hosts.os_packages.apt import Apt
from orchestrator.hosts.os_packages.common import Manager
from orchestrator.hosts.os_packages.dnf import Dnf
from orchestrator.hosts.os_packages.zypper import Zypper
from tests.integration.os_packages.os_package_kit import deb_repository, rpm_repository

PROGRAMS = {"dnf": ("dnf", "rpmbuild", "createrepo_c"), "zypper": ("zypper", "rpmbuild", "createrepo_c"),
            "apt": ("apt-get", "dpkg-deb")}  # fmt: skip


@pytest.fixture(scope="session")
def rpms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of RPMs."""
    return rpm_repository(tmp_path_factory.mktemp("rpm"))


@pytest.fixture(scope="session")
def debs(open_folder: Path) -> Path:
    """A repository of Debian packages, which apt's own user can enter."""
    return deb_repository(open_folder / "deb-repository")


@pytest.fixture(params=["dnf", "zypper", "apt"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Manager:
    """One of the three; a test of one that is not installed is skipped."""
    if os.geteuid() != 0:
        pytest.skip("packages are installed as root only")
    if absent := [name for name in PROGRAMS[request.param] if not shutil.which(name, path=PATH)]:
        pytest.skip(f"not installed: {', '.join(absent)}")
    made = {"dnf": dnf, "zypper": zypper, "apt": apt}[request.param]
    return made(tmp_path / "root", request.getfixturevalue("debs" if request.param == "apt" else "rpms"))


def dnf(root: Path, repository: Path) -> Dnf:
    """dnf on a private root; nothing of it is written elsewhere."""
    for name in ("cache", "log", "state", "root/.rpmdb"):
        (root / name).mkdir(parents=True)
    (root / "var/lib").mkdir(parents=True)
    (root / "var/lib/rpm").symlink_to("../../root/.rpmdb")  # where Debian's rpm has its database
    settings = {"reposdir": "/dev/null", "cachedir": f"{root}/cache", "logdir": f"{root}/log", "persistdir": f"{root}/state",
                "gpgcheck": "0", "plugins": "0", "skip_if_unavailable": "0"}  # fmt: skip
    options = [f"--installroot={root}", "--releasever=8", "--disablerepo=*", f"--repofrompath=base,file://{repository}",
               "--enablerepo=base", *(f"--setopt={name}={value}" for name, value in settings.items())]  # fmt: skip
    return Dnf(options=options, root=root, wait=1.0)


def zypper(root: Path, repository: Path) -> Zypper:
    """zypper on a private root."""
    (root / "var/lib/rpm").mkdir(parents=True)
    (root / "root").mkdir()
    (root / "root/.rpmdb").symlink_to("../var/lib/rpm")
    run(["zypper", "--root", str(root), "--non-interactive", "addrepo", "-G", f"file://{repository}", "base"], timeout=60)
    return Zypper(options=["--root", str(root)], root=root, wait=1.0)


def apt(root: Path, repository: Path) -> Apt:
    """apt on a private root."""
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
                 "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log/apt"):  # fmt: skip
        (root / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{repository} here main\n")
    settings = {"Dir": str(root), "Dir::State::status": f"{root}/var/lib/dpkg/status", "APT::Architecture": "amd64",
                "DPkg::Options::": f"--root={root}", "APT::Sandbox::User": "root", "Dir::Bin::dpkg": "/usr/bin/dpkg"}  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    return Apt(options=options, root=root, wait=1.0)
