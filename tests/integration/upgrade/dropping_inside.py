"""Upgrade and restart a sandbox where packets to the internet are dropped, and say what came of it.

Usage: unshare --net python dropping_inside.py FOLDER

The way out is a pair of network cards whose far end takes nothing: a connection to it is refused by nobody and never made.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from orchestrator.command import run
from orchestrator.sandbox import host as sandbox

AWAY = "198.51.100.7"
LIMIT = 7  # seconds until the page gives up: longer than a page is usually waited for
NEWS = "Cannot read the news"
NETWORK = (
    "link set lo up",
    "link add out type veth peer name far",
    "link set out up",
    "link set far up",
    "address add 192.0.2.1/24 dev out",
    "route add default dev out",
    f"neighbour add {AWAY} lladdr 02:00:00:00:00:01 dev out nud permanent",
)


def tool(folder: Path, *args: str) -> dict[str, object]:
    """How a command ended, in how many seconds, and what it said of the logon page."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", "--site", str(folder), "--yes", "--json", *args],
        capture_output=True, text=True, check=False, env=os.environ, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return {"code": done.returncode, "seconds": time.monotonic() - began, "waited": done.stdout.count("asks a host"),
            "end": done.stdout[-1500:]}  # fmt: skip


def main(folder: Path) -> None:
    """Print a JSON object."""
    for line in NETWORK:
        run(["ip", *line.split()], timeout=30)
    sandbox.create(folder)
    try:
        log = folder / "home/logs/catalina.out"
        hooks = folder / "home/etc/sandbox.d"
        (hooks / "internet").write_text(f"{AWAY}:443")
        upgrade = tool(folder, "upgrade", "--to", "20.04")
        asked = log.read_text().count(NEWS)
        (hooks / "logon-waits").write_text(str(LIMIT))
        restart = tool(folder, "restart")
        news = log.read_text().count(NEWS) - asked
        sys.stdout.write(json.dumps({"upgrade": upgrade, "asked": asked, "restart": restart, "news": news}))
    finally:
        with contextlib.suppress(OSError):
            sandbox.destroy(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
