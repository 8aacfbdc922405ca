"""Ports on a real firewalld, in a network of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from orchestrator.command import run

INSIDE = Path(__file__).with_name("firewalld_inside.py")
REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("tool", ["firewalld"], indirect=True)
@pytest.mark.usefixtures("tool", "namespaces")
def test_what_is_missing_is_opened_for_good_and_now_and_closed_again_and_what_was_open_stays(tmp_path: Path) -> None:
    unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc"]
    args = [*unshare, sys.executable, str(INSIDE), str(tmp_path / "firewalld")]
    said = json.loads(run(args, timeout=120, env={"PYTHONPATH": str(REPOSITORY)}).stdout)
    before = {"ports": ["22/tcp", "25/tcp", "546/udp", "8440-8450/tcp"], "forwards": []}
    assert said["running"] == [False, True]
    assert said["zone"] == "public"
    assert said["found"] == ["firewall.port.8080", "firewall.forward.80", "firewall.forward.443"]
    assert said["opened"]["ports"] == sorted([*before["ports"], "8080/tcp"])
    assert said["opened"]["forwards"] == ["port=443:proto=tcp:toport=8443", "port=80:proto=tcp:toport=8080"]
    assert said["left"] == []
    assert said["closed"] == before
    assert said["same"], "the zone's file is as it was"
