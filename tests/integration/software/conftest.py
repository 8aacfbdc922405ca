"""The host that the software steps work on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.command import PATH
from orchestrator.hosts.software.software import RealSoftware
from state.store import Store
from tests.integration.os_packages.conftest import apt
from tests.integration.os_packages.os_package_kit import deb_repository
from tests.integration.software.software_kit import World


@pytest.fixture(scope="session")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of small packages."""
    return deb_repository(tmp_path_factory.mktemp("deb-repository"))


@pytest.fixture
def wheels(tmp_path: Path, open_folder: Path) -> Iterator[Path]:
    """The folder pip takes modules from, for everybody to read."""
    folder = open_folder / f"wheels-{tmp_path.name}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def world(tmp_path: Path, open_folder: Path, offered: Path, wheels: Path) -> Iterator[World]:
    """A host whose home belongs to somebody else than root, with apt on a private root."""
    if os.geteuid() != 0 or not shutil.which("apt-get", path=PATH):
        pytest.skip("needs root and apt")
    home = open_folder / f"home-{tmp_path.name}"
    home.mkdir()
    shutil.chown(home, "daemon")
    packages = apt(tmp_path / "root", offered)
    packages.refresh()
    software = RealSoftware(java_folder=tmp_path / "jvm", pip=["--no-index", "--no-cache-dir", "--find-links", str(wheels)])
    software.program = lambda name: None  # type: ignore[method-assign]  # no Java of this machine
    with Store.open(tmp_path / "state.db", tool_version="0.1.0") as store:
        yield World(store, home, packages, software, root=tmp_path / "root")
    shutil.rmtree(home)
