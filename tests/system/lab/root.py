"""The root file system that every host of the lab shares: built once out of recipe/, kept below the user's cache folder.

Debian 12's own packages from the machine's own apt sources, with what an administrator of a RHEL-like host expects around
them: dnf, yum and zypper over a repository inside the host that holds Postfix and Sendmail as RPMs, and `alternatives`.
"""

from __future__ import annotations

import enum
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.command import run
from tests.system.lab.bare_root import RECIPE as BARE_RECIPE
from tests.system.lab.bare_root import build_bare
from tests.system.lab.bootstrap import BUILD_SECONDS, bootstrap, link, place
from tests.system.lab.fresh_root import RECIPE as FRESH_RECIPE
from tests.system.lab.fresh_root import build_fresh
from tests.system.lab.leftovers import remove_tree
from tests.system.lab.mail_packages import make_repository


class Kind(enum.Enum):
    """What a host is at first: one that has everything (this module), nothing (bare_root.py), or no systemd (fresh_root.py)."""

    LAB = "lab"
    BARE = "bare"
    FRESH = "fresh"


RECIPE = Path(__file__).with_name("recipe")
INPUTS = {
    Kind.LAB: (RECIPE, "mail_packages.py"), Kind.BARE: (BARE_RECIPE, "bare_root.py"), Kind.FRESH: (FRESH_RECIPE, "fresh_root.py"),
}  # fmt: skip
PLACES = {
    "openemm.cnf": "etc/mysql/mariadb.conf.d/60-openemm.cnf",
    "os-release": "usr/lib/os-release",
    "base.repo": "etc/yum.repos.d/lab.repo",
}
TEXTS = {
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/resolv.conf": "",
    "etc/rpm/macros": "%_dbpath /var/lib/rpm\n",  # Debian's rpm keeps its database elsewhere than dnf and zypper look
    "etc/rsyslog.d/90-maillog.conf": "mail.* -/var/log/maillog\n",
    "etc/systemd/system/mariadb.service.d/lab.conf": "[Service]\nLimitNOFILE=16384\n",  # more is refused inside
}
LINKS = {
    "usr/sbin/alternatives": "../bin/update-alternatives",
    "usr/bin/yum": "dnf",
    "etc/zypp/repos.d/lab.repo": "../../yum.repos.d/lab.repo",
}
ON_DEMAND = ("mariadb.service",)


def cache_folder() -> Path:
    """Where roots are kept: $ORCHESTRATE_LAB_CACHE, else below the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "orchestrate-lab"
    return Path(os.environ.get("ORCHESTRATE_LAB_CACHE", default))


def digest(kind: Kind = Kind.LAB) -> str:
    """What tells one recipe from another: everything a root is made of except the versions of Debian's packages."""
    recipe, code = INPUTS[kind]
    files = [*sorted(recipe.iterdir()), *(Path(__file__).with_name(name) for name in ("root.py", "bootstrap.py", code))]
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:16]


def ready_root(kind: Kind = Kind.LAB) -> Path:
    """The unpacked root of this kind; built or unpacked first when it is not there. Nobody may write into it.

    Raises:
        CommandError: a tool of the build failed.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    tree = cache / digest(kind)
    with _locked(cache / "lock"):
        if not tree.is_dir():
            _forget_others(cache)
            work = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
            archive = tree.with_suffix(".tar.zst")
            if not archive.is_file():
                {Kind.LAB: _build, Kind.BARE: build_bare, Kind.FRESH: build_fresh}[kind](work)
                run(["tar", "-C", str(work / "root"), "--numeric-owner", "--xattrs", "-I", "zstd -3 -T0", "-cf",
                     str(work / "archive"), "."], timeout=BUILD_SECONDS)  # fmt: skip
                (work / "archive").rename(archive)
            else:
                (work / "root").mkdir()
                run(["tar", "-C", str(work / "root"), "--numeric-owner", "--xattrs", "-I", "zstd -T0", "-xpf", str(archive)],
                    timeout=BUILD_SECONDS)  # fmt: skip
            (work / "root").rename(tree)
            remove_tree(work)
    return tree


def _forget_others(cache: Path) -> None:
    """Remove what a killed build left, and the roots of other recipes unless a host stands on them."""
    mounted = Path("/proc/self/mountinfo").read_text()
    current = {digest(kind) for kind in Kind}
    for path in cache.iterdir():
        if path.name.startswith("unfinished-") or (path.is_dir() and path.name not in current and str(path) not in mounted):
            remove_tree(path)
    for archive in cache.glob("*.tar.zst"):
        if archive.name.removesuffix(".tar.zst") not in current:
            archive.unlink()


def _build(work: Path) -> None:
    """Make work/root."""
    tree = work / "root"
    bootstrap(work, tree, (RECIPE / "packages.txt").read_text().split())
    make_repository(work, tree / "opt/repo")
    _dress(tree)
    run(["chroot", str(tree), "useradd", "--create-home", "--shell", "/bin/bash", "openemm"], timeout=30)


def _dress(tree: Path) -> None:
    """Put the files, links and settings in."""
    for name, path in PLACES.items():
        (tree / path).unlink(missing_ok=True)
        place(tree / path, (RECIPE / name).read_text())
    for path, text in TEXTS.items():
        place(tree / path, text)
    for path, target in {**LINKS, "etc/os-release": "../usr/lib/os-release"}.items():
        link(tree / path, target)
    for unit in ON_DEMAND:
        for wanted in (tree / "etc/systemd/system").glob(f"*.wants/{unit}"):
            wanted.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process builds or unpacks; the others wait for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
