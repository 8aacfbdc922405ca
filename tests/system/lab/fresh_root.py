"""A plain Debian 12 with a clone of what is committed here, as somebody has it who begins: python3, git, ca-certificates.

It has a home, mounts and processes of its own, which end with the process that made them, and a name service and /etc/hosts
that know nothing of localhost. Of the machine it has the network, and how its apt and pip reach their sources.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.command import environment, run
from tests.system.lab import leftovers
from tests.system.lab.bootstrap import apt_reach, apt_sources, bootstrap, place

RECIPE = Path(__file__).with_name("fresh")
CHECKOUT = Path(__file__).parents[3]
CLONE = "root/orchestrate"
NEWCOMER = ("tests/system/lab/newcomer.sh",)
CERTIFICATES = Path("/usr/local/share/ca-certificates")  # whom this machine's administrator trusts
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PIP_REACH = ("index-url", "extra-index-url", "proxy", "trusted-host", "timeout", "default-timeout", "retries")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
START_NOTHING = "#!/bin/sh\nexit 101\n"  # the network is the machine's: a package's server would take a port of it
ENTER = """
mount -t overlay fresh -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mkdir -m 1777 run/lock
clone=$3
shift 3
exec chroot . sh -euc 'update-ca-certificates >/dev/null 2>&1; cd "$0"; exec "$@"' "/$clone" "$@"
"""


def build_fresh(work: Path) -> None:
    """Make work/root."""
    bootstrap(work, work / "root", (RECIPE / "packages.txt").read_text().split())


def run_fresh(root: Path, command: Sequence[str]) -> int:
    """Run a command in a clone on a fresh copy of the root; how it ended. Whatever ends this process, nothing runs on.

    Args:
        root: as `build_fresh` made it; stays as it is.
        command: its folder is the clone.
    """
    folder = leftovers.own_folder() / "fresh"
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        _furnish(folder / "upper")
        enter = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child",
                 "sh", "-euc", ENTER, "sh", str(root), str(folder), CLONE, *command]  # fmt: skip
        return subprocess.run(enter, stdin=subprocess.DEVNULL, env=_environment(), cwd="/", check=False).returncode
    finally:
        leftovers.remove_lab(folder.parent)


def _furnish(upper: Path) -> None:
    """The clone, and what of this machine leads to the package sources."""
    (upper / CLONE).parent.mkdir(mode=0o700)
    run(["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", str(CHECKOUT), str(upper / CLONE)], timeout=120)
    place(upper / "etc/apt/sources.list", "".join(f"{line}\n" for line in apt_sources()))
    place(upper / "etc/apt/apt.conf.d/90reach", "".join(f"{line}\n" for line in apt_reach()))
    place(upper / "etc/resolv.conf", Path("/etc/resolv.conf").read_text())
    if CERTIFICATES.is_dir():
        shutil.copytree(CERTIFICATES, upper / CERTIFICATES.relative_to("/"))
    start_nothing = upper / "usr/sbin/policy-rc.d"
    place(start_nothing, START_NOTHING)
    start_nothing.chmod(0o755)


def _environment() -> dict[str, str]:
    proxies = {name: os.environ[name] for name in PROXIES if name in os.environ}
    certificates = dict.fromkeys(("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), BUNDLE)
    return environment({"HOME": "/root", **proxies, **certificates, **_pip_reach()})


def _pip_reach() -> dict[str, str]:
    """How this machine's pip reaches its index, as variables; folders of this machine are left out."""
    found = {}
    for line in run([sys.executable, "-m", "pip", "config", "list"], timeout=60, env=dict(os.environ)).stdout.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        words = [word for word in value.strip("'").split() if not word.startswith(("file:", "/"))]
        if key in PIP_REACH and words:
            found[f"PIP_{key.upper().replace('-', '_')}"] = " ".join(words)
    return found
