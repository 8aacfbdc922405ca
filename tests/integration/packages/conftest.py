"""A place to stage packages in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from package_kit import Place
from web_kit import Site


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site()
    yield site
    site.close()
