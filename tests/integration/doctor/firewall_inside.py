"""Run in namespaces of its own, as root: a real firewalld, and whether the doctor takes port 25 for open. Prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orchestrator.hosts.command import run
from orchestrator.hosts.doctor.vitals import RealVitals
from orchestrator.settings import Settings
from tests.integration.setup.firewalld_inside import start

RULES = ([], ["--permanent", "--add-port=20-30/tcp"], ["--add-port=20-30/tcp"])


def main(folder: Path) -> list[bool | None]:
    """Before it runs, with nothing open, then after each rule."""
    vitals = RealVitals(Settings(home=folder, state=folder))
    found = [vitals.firewall(25)]
    start(folder)
    for rule in RULES:
        if rule:
            run(["firewall-cmd", "--zone=public", *rule], timeout=30)
        found.append(vitals.firewall(25))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
