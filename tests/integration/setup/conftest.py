"""Tools that the tests of this folder hand things to."""

from __future__ import annotations

import os
import shutil

import pytest

from orchestrator.command import PATH, run

PACKAGES = {"logrotate": "logrotate", "rsyslogd": "rsyslog", "systemd-analyze": "systemd", "firewalld": "firewalld"}


@pytest.fixture
def tool(request: pytest.FixtureRequest) -> str:
    """The program that a test names by its parameter; a test of one that is not installed is skipped."""
    name = str(request.param)
    if not shutil.which(name, path=PATH):
        pytest.skip(f"not installed: {PACKAGES[name]}")
    return name


@pytest.fixture
def namespaces() -> None:
    """A test that needs networks and mounts of its own is skipped where there can be none."""
    if os.geteuid() != 0 or run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], timeout=30, expect=None).exit_code:
        pytest.skip("no namespaces can be made here")
