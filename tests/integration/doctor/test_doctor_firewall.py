"""A real firewalld that lets nothing in on port 25 is told from one that does, and from none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from orchestrator.command import run
from tests.integration.setup.conftest import namespaces, tool

__all__ = ["namespaces", "tool"]
INSIDE = Path(__file__).with_name("firewall_inside.py")


@pytest.mark.parametrize("tool", ["firewalld"], indirect=True)
@pytest.mark.usefixtures("tool", "namespaces")
def test_port_25_is_open_when_it_is_open_now_and_for_good(tmp_path: Path) -> None:
    unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc"]
    env = {"PYTHONPATH": str(Path(__file__).parents[3])}
    said = run([*unshare, sys.executable, str(INSIDE), str(tmp_path / "firewalld")], timeout=120, env=env)
    assert json.loads(said.stdout) == [None, False, True]
