"""The root file system of a bare host: Debian 12 as it is before anything of the guide was done.

systemd, dbus and python3, and no mail server, no database, no Java, no cron, no user openemm. What an installation asks apt for
lies with all that it needs in a repository inside the host, so that the host has no network. What a Python would be compiled with
are empty packages of those names, all but make: the source that is built there needs no compiler (python_source.py).
"""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path

from orchestrator.command import run
from tests.system.lab.bootstrap import BUILD_SECONDS, bootstrap, place

RECIPE = Path(__file__).with_name("bare")
REPOSITORY = "srv/repo"
DOWNLOAD = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -y --download-only -o APT::Sandbox::User=root'
TEXTS = {
    "etc/apt/sources.list": f"deb [trusted=yes] file:/{REPOSITORY} ./\n",
    "etc/apt/apt.conf.d/90lab": 'APT::Install-Recommends "false";\nAPT::Sandbox::User "root";\n',
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/resolv.conf": "",
    "etc/systemd/system/mariadb.service.d/lab.conf": "[Service]\nLimitNOFILE=16384\n",  # more is refused inside
}


def build_bare(work: Path) -> None:
    """Make work/root."""
    tree = work / "root"
    packages = (RECIPE / "packages.txt").read_text().split()
    offered = [line.split() for line in (RECIPE / "offered.txt").read_text().splitlines()]
    folder = f'"$1/{REPOSITORY}"'
    downloads = [f"{DOWNLOAD} -o Dir::Cache::archives={folder}/ install {shlex.join(group)}" for group in offered]
    bootstrap(work, tree, packages, "; ".join(["set -e", f"mkdir -p {folder}/partial", *downloads, f"rm -r {folder}/partial"]))
    for name in (RECIPE / "stand_ins.txt").read_text().split():
        _stand_in(work / "stand-ins" / name, name, tree / REPOSITORY)
    _index(tree / REPOSITORY)
    for path, text in TEXTS.items():
        place(tree / path, text)
    (tree / "usr/share/man/man1").mkdir(parents=True)  # excluded with the pages, but Java registers its own there
    run(["chroot", str(tree), "apt-get", "update", "-qq"], timeout=BUILD_SECONDS)


def _stand_in(work: Path, name: str, repository: Path) -> None:
    """An empty package of that name."""
    place(work / "DEBIAN/control", f"Package: {name}\nVersion: 0\nArchitecture: all\nMaintainer: lab\nDescription: a stand-in\n")
    run(["dpkg-deb", "--root-owner-group", "--build", str(work), str(repository / f"{name}_0_all.deb")], timeout=60)


def _index(repository: Path) -> None:
    """Write what apt reads of a flat repository."""
    (repository / "lock").unlink(missing_ok=True)
    entries = []
    for download in sorted(repository.glob("*.deb")):
        file = download.rename(download.with_name(download.name.replace("%3a", "-")))  # apt would take it for a colon
        control = run(["dpkg-deb", "-f", str(file)], timeout=30).stdout.strip()
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        entries.append(f"{control}\nFilename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n")
    (repository / "Packages").write_text("\n".join(entries))
