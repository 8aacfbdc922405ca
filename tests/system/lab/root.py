"""The root file system that every host of the lab shares: built once out of recipe/, kept below the user's cache folder.

Debian 12's own packages from the machine's own apt sources, with what an administrator of a RHEL-like host expects around
them: dnf, yum and zypper over a repository inside the host that holds Postfix and Sendmail as RPMs, and `alternatives`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.hosts.command import run
from tests.system.lab.leftovers import remove_tree
from tests.system.lab.mail_packages import make_repository

RECIPE = Path(__file__).with_name("recipe")
DISTRIBUTION = "bookworm"
BUILD_SECONDS = 900.0
REACH = ("Acquire::http", "Acquire::ftp", "Acquire::Check-Valid-Until", "Acquire::Retries")
TRIM = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/doc/*", "force-unsafe-io")
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
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service", "e2scrub_all.timer", "dnf-makecache.timer",
          "systemd-firstboot.service")  # fmt: skip
ON_DEMAND = ("mariadb.service",)


def cache_folder() -> Path:
    """Where roots are kept: $ORCHESTRATE_LAB_CACHE, else below the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "orchestrate-lab"
    return Path(os.environ.get("ORCHESTRATE_LAB_CACHE", default))


def digest() -> str:
    """What tells one recipe from another: everything a root is made of except the versions of Debian's packages."""
    files = [*sorted(RECIPE.iterdir()), Path(__file__), Path(__file__).with_name("mail_packages.py")]
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:16]


def ready_root() -> Path:
    """The unpacked root; built or unpacked first when it is not there. Nobody may write into it.

    Raises:
        CommandError: a tool of the build failed.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    tree = cache / digest()
    with _locked(cache / "lock"):
        if not tree.is_dir():
            _forget_others(cache)
            work = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
            archive = tree.with_suffix(".tar.zst")
            if not archive.is_file():
                _build(work)
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
    for path in cache.iterdir():
        if path.name.startswith("unfinished-") or (path.is_dir() and path.name != digest() and str(path) not in mounted):
            remove_tree(path)
    for archive in cache.glob("*.tar.zst"):
        if archive.name.removesuffix(".tar.zst") != digest():
            archive.unlink()


def _build(work: Path) -> None:
    """Make work/root."""
    tree = work / "root"
    reach = work / "apt.conf"
    reach.write_text("".join(f"{line}\n" for line in _apt_config()))
    packages = (RECIPE / "packages.txt").read_text().split()
    run(
        ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", '--aptopt=Apt::Install-Recommends "false"',
         f"--aptopt={reach}", *(f"--dpkgopt={option}" for option in TRIM), f"--include={','.join(packages)}",
         DISTRIBUTION, str(tree), *_sources()],
        timeout=BUILD_SECONDS,
    )  # fmt: skip
    for forgotten in ("etc/apt/sources.list", "etc/apt/apt.conf.d/99mmdebstrap", "etc/os-release", "etc/machine-id"):
        (tree / forgotten).unlink(missing_ok=True)
    make_repository(work, tree / "opt/repo")
    _dress(tree)
    run(["chroot", str(tree), "useradd", "--create-home", "--shell", "/bin/bash", "openemm"], timeout=30)


def _dress(tree: Path) -> None:
    """Put the files, links and settings in."""
    for name, place in PLACES.items():
        _write(tree / place, (RECIPE / name).read_text())
    for place, text in TEXTS.items():
        _write(tree / place, text)
    links = {**LINKS, "etc/os-release": "../usr/lib/os-release"}
    for unit in MASKED:
        links[f"etc/systemd/system/{unit}"] = "/dev/null"
    for place, target in links.items():
        path = tree / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    for unit in ON_DEMAND:
        for wanted in (tree / "etc/systemd/system").glob(f"*.wants/{unit}"):
            wanted.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _sources() -> list[str]:
    """The machine's own sources of the distribution, as lines for apt; sources of anybody else are left out."""
    wanted = "$(ORIGIN)|$(RELEASE)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]
    listed = run(command, timeout=60).stdout
    if not listed.strip():  # an image without package lists
        run(["apt-get", "update", "-qq"], timeout=300)
        listed = run(command, timeout=60).stdout
    fields = (line.split("|", 2) for line in listed.splitlines())
    return sorted({line for origin, release, line in fields if origin == "Debian" and release.split("-")[0] == DISTRIBUTION})


def _apt_config() -> list[str]:
    """How the machine's apt reaches its sources: proxies, and whether it takes an old snapshot."""
    return [line for line in run(["apt-config", "dump"], timeout=30).stdout.splitlines() if line.startswith(REACH)]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process builds or unpacks; the others wait for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
