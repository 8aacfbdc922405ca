"""A minimal Debian 12 out of the machine's own apt sources, however the machine reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.command import run

DISTRIBUTION = "bookworm"
BUILD_SECONDS = 900.0
REACH = ("Acquire::http", "Acquire::ftp", "Acquire::Check-Valid-Until", "Acquire::Retries")
TRIM = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/doc/*", "force-unsafe-io")
NOT_OF_A_HOST = ("etc/apt/sources.list", "etc/apt/apt.conf.d/99mmdebstrap", "etc/machine-id")
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service", "e2scrub_all.timer", "dnf-makecache.timer",
          "systemd-firstboot.service")  # fmt: skip


def bootstrap(work: Path, tree: Path, packages: Sequence[str], hook: str | None = None) -> None:
    """Make the tree, which does not exist yet: the essential packages and these, without what they only recommend.

    Args:
        work: a folder of the caller's, for what is in between.
        tree: a path in it.
        packages: names.
        hook: a shell command run with the tree as $1, while $MMDEBSTRAP_APT_CONFIG still knows the sources.

    Raises:
        CommandError: the packages cannot be had.
    """
    reach = work / "apt.conf"
    reach.write_text("".join(f"{line}\n" for line in apt_reach()))
    run(
        ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", '--aptopt=Apt::Install-Recommends "false"',
         f"--aptopt={reach}", *(f"--dpkgopt={option}" for option in TRIM), f"--include={','.join(packages)}",
         *([f"--customize-hook={hook}"] if hook else []), DISTRIBUTION, str(tree), *apt_sources()],
        timeout=BUILD_SECONDS,
    )  # fmt: skip
    for forgotten in NOT_OF_A_HOST:
        (tree / forgotten).unlink(missing_ok=True)
    for unit in MASKED:
        link(tree / "etc/systemd/system" / unit, "/dev/null")


def place(path: Path, text: str) -> None:
    """Write a file; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def link(path: Path, target: str) -> None:
    """Point a link; its folders are made, and what was there is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def apt_sources() -> list[str]:
    """The machine's own sources of the distribution, as lines for apt; sources of anybody else are left out."""
    wanted = "$(ORIGIN)|$(RELEASE)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]
    listed = run(command, timeout=60).stdout
    if not listed.strip():  # an image without package lists
        run(["apt-get", "update", "-qq"], timeout=300)
        listed = run(command, timeout=60).stdout
    fields = (line.split("|", 2) for line in listed.splitlines())
    return sorted({line for origin, release, line in fields if origin == "Debian" and release.split("-")[0] == DISTRIBUTION})


def apt_reach() -> list[str]:
    """How the machine's apt reaches its sources: proxies, and whether it takes an old snapshot."""
    return [line for line in run(["apt-config", "dump"], timeout=30).stdout.splitlines() if line.startswith(REACH)]
