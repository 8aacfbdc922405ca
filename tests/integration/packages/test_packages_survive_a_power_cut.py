"""A package, and the trees unpacked from it, are there after a power cut once we say so: links and digests rely on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_kit import GUI, Place, backend, complete, gui, runtime, sha256, silent, tarball
from web_kit import Site

from orchestrator.releases.download import Downloads
from orchestrator.releases.web import Web
from tests.durable import durable
from workflows.model.plans import PackageKind, PackageRef

PACKAGES = {
    GUI: gui(),
    "openemm-backend-20.10.000.126.tar.gz": backend(),
    "openemm-runtime-20.04.000.050.tar.gz": runtime(),
    "openemm-20.10.000.152.tar.gz": complete(),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_staged_trees_and_what_is_removed_of_them(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = place.artefact(name, PACKAGES[name])
    with durable(monkeypatch, place.home) as recorder:
        trees = place.site().stage(artefact)
    assert trees
    assert recorder.renames
    with durable(monkeypatch, place.home):
        place.site().unstage(trees)


def test_a_download(tmp_path: Path, web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tarball(gui())
    web.answers.files[f"/{GUI}"] = data
    ref = PackageRef(GUI, PackageKind.GUI, "20.04.000.200", web.url(f"/{GUI}"), sha256(data))
    with durable(monkeypatch) as recorder:
        Downloads(tmp_path / "state/downloads", Web(web.url())).fetch(ref, None, silent)
    assert recorder.renames
