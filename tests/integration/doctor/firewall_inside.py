"""Run in namespaces of its own, as root: a real firewalld, and whether the doctor takes port 25 for open. Prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orchestrator.command import run
from orchestrator.hosts.network.firewall import Firewalld
from tests.integration.setup.firewalld_inside import start
from tests.remedies.follow import command
from workflows.checks.doctor.port_25 import FIREWALL


def main(folder: Path) -> list[bool | None]:
    """Before it runs, with nothing open, and with the port open now and for good."""
    found = [Firewalld().lets_in(25)]
    start(folder)
    found.append(Firewalld().lets_in(25))
    run(["sh", "-c", command(FIREWALL)], timeout=60)
    return [*found, Firewalld().lets_in(25)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
