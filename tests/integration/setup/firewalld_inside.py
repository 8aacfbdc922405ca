"""Run in namespaces of its own, as root: a real firewalld on a bus of its own, and the step that opens ports. Prints JSON.

Usage: unshare --mount --net --pid --fork --mount-proc python firewalld_inside.py FOLDER, a folder for firewalld's configuration.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from orchestrator.command import run
from orchestrator.hosts.network.firewall import Firewalld
from workflows.model.answers import Answers
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.steps.machine.firewall import OpenFirewall

START_SECONDS = 30.0


class Remembering:
    """A step's context."""

    def __init__(self) -> None:
        self.intent: dict[str, Any] = {}

    def remember(self, **facts: Any) -> None:
        """As the engine commits it."""
        self.intent |= facts


def start(folder: Path) -> None:
    """The bus and the firewall, on folders of their own."""
    shutil.copytree("/etc/firewalld", folder, dirs_exist_ok=True)
    for args in (
        ["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "tmpfs", "/run"], ["mkdir", "-p", "/run/dbus"],
        ["mount", "--bind", str(folder), "/etc/firewalld"], ["dbus-daemon", "--system", "--fork"],
    ):  # fmt: skip
        run(args, timeout=30)
    log = (folder.parent / "firewalld.log").open("w")
    subprocess.Popen(["firewalld", "--nofork", "--nopid"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + START_SECONDS
    while not Firewalld().running():
        if time.monotonic() > deadline:
            raise AssertionError((folder.parent / "firewalld.log").read_text())


def main(folder: Path) -> dict[str, Any]:
    """Open, twice, and close, twice; port 8443 was open before, 25 with a service."""
    before_start = Firewalld().running()
    start(folder)
    for more in ([], ["--permanent"]):
        for rule in ("--add-service=smtp", "--add-port=8440-8450/tcp"):
            run(["firewall-cmd", *more, "--zone=public", rule], timeout=30)
    firewall = Firewalld()
    answers = Answers(url="https://a.b", name="a.b", mailloop_domain="m.b", certificate="/c.pem", certificate_key="/k.pem")
    hop = Hop(1, "none", Release("20.10", ()), LineRules("20.10"), final=True)
    step = OpenFirewall(InstallPlan(source="none", target="20.10", hop=hop, answers=answers))
    setup: Any = SimpleNamespace(network=SimpleNamespace(firewall=firewall))
    ctx: Any = Remembering()
    zones = folder / "zones/public.xml"
    delivered = zones.read_text()
    found = step.look(setup)
    step.change(ctx, setup, found)
    opened = {"ports": sorted(firewall.ports()), "forwards": sorted(firewall.forwards())}
    left = [difference.key for difference in step.look(setup)]
    step.take_back(ctx, setup)
    step.take_back(ctx, setup)
    closed = {"ports": sorted(firewall.ports()), "forwards": sorted(firewall.forwards())}
    return {
        "running": [before_start, firewall.running()], "zone": firewall.zone(), "found": [d.key for d in found], "opened": opened,
        "left": left, "closed": closed, "same": zones.read_text() == delivered,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201 - what this program is for
