"""Fixtures of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.setup.memory_host import make_host


@pytest.fixture
def host() -> Callable[..., Any]:
    """Makes a host in memory."""
    return make_host
