"""Run in namespaces of its own, as root: a real firewalld, and whether the doctor takes port 25 for open. Prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orchestrator.command import run
from orchestrator.hosts.system.vitals import RealVitals
from orchestrator.settings import Settings
from tests.integration.setup.firewalld_inside import start
from tests.remedies.follow import command
from workflows.checks.doctor.port_25 import FIREWALL


def main(folder: Path) -> list[bool | None]:
    """Before it runs, with nothing open, and with the port open now and for good."""
    vitals = RealVitals(Settings(home=folder, state=folder))
    found = [vitals.firewall(25)]
    start(folder)
    found.append(vitals.firewall(25))
    run(["sh", "-c", command(FIREWALL)], timeout=60)
    return [*found, vitals.firewall(25)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
