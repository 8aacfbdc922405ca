"""A place to stage packages in."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_kit import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
