"""How long a command takes to start and answer, beside tools an administrator knows. Whole processes, in turn; prints medians.

Usage: python benchmarks/startup.py [--site DIR] [--rounds N] [--peer COMMAND ...]
--site: a sandbox or site for `status`. Each --peer is measured beside (default: alembic --help).
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Wall seconds of one whole process."""
    began = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, env=env)
    return time.perf_counter() - began


def main() -> None:
    """Measure in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peer", action="append", default=[])
    options = parser.parse_args()
    env = dict(os.environ) | ({"ORCHESTRATE_SITE": options.site} if options.site else {})
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "orchestrate --version": [str(BIN / "orchestrate"), "--version"],
    }
    if options.site:
        commands["orchestrate status"] = [str(BIN / "orchestrate"), "status"]
    for peer in options.peer or [f"{BIN / 'alembic'} --help"]:
        words = shlex.split(peer)
        commands[f"{Path(words[0]).name} {' '.join(words[1:])}"] = words
    seen: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command, env)
    for _ in range(options.rounds):
        for name, command in commands.items():
            seen[name].append(seconds(command, env))
    for name, values in seen.items():
        print(f"{name:28} {statistics.median(values):7.3f} s   min {min(values):.3f}   max {max(values):.3f}")


if __name__ == "__main__":
    main()
