"""`python -m tests.system.lab build | shell [--bare] | fresh [COMMAND ...] | clean`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tests.system.lab import leftovers
from tests.system.lab.fresh_root import NEWCOMER, run_fresh
from tests.system.lab.lab import Lab, missing
from tests.system.lab.openemm import install_openemm
from tests.system.lab.root import Kind, ready_root


def main() -> int:
    """Do what the arguments say; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.lab", description="booted hosts to test on")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="make the root file systems of all hosts, unless they are cached")
    commands.add_parser("clean", help="take away what killed tests left behind")
    shell = commands.add_parser("shell", help="a shell on a fresh host, which is taken away behind it")
    shell.add_argument("--bare", action="store_true", help="without OpenEMM")
    fresh = commands.add_parser("fresh", help="what a newcomer does, on a plain Debian 12, or another command there")
    fresh.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND")
    args = parser.parse_args()
    if reason := missing():
        tell(f"cannot boot hosts here: {reason}")
        return 1
    if args.command == "shell":
        return open_shell(bare=args.bare)
    if args.command == "fresh":
        leftovers.clean()
        return run_fresh(ready_root(Kind.FRESH), args.arguments or NEWCOMER)
    return build() if args.command == "build" else clean()


def build() -> int:
    """Make the root of each kind of host."""
    for kind in Kind:
        begun = time.monotonic()
        root = ready_root(kind)
        tell(f"{root}   {kind.value}, ready in {time.monotonic() - begun:.0f} s")
    return 0


def clean() -> int:
    """Take away what dead labs left."""
    for lab in leftovers.clean():
        tell(f"removed {lab}")
    return 0


def open_shell(*, bare: bool) -> int:
    """Boot a host, run a shell in it, take it away."""
    tell("making the root ready; the first time takes about a minute")
    with Lab() as lab:
        host = lab.host()
        host.boot()
        tell(f"{host.full_name} booted in {host.booted_in:.1f} s")
        if not bare:
            install_openemm(host)
            tell("OpenEMM 19.10 runs as openemm.service; try: orchestrate status; orchestrate upgrade --to 20.10")
        tell("leave the shell and the host is gone")
        return subprocess.run(
            host.enter(["env", "HOME=/root", "PS1=\\u@\\h:\\w# ", "bash", "--norc", "-i"]), check=False
        ).returncode


def tell(text: str) -> None:
    """Say something to whoever waits."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
