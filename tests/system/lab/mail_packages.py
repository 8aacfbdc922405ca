"""Debian's Postfix and Sendmail as RPMs with RHEL's paths, units and the `mta` group of alternatives, in a repository."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.command import run

RECIPE = Path(__file__).with_name("recipe")
SOURCES = {"postfix": ("postfix",), "sendmail": ("sendmail-bin", "sendmail-base", "sendmail-cf")}
DEBIAN_ONLY = ("etc/init.d", "etc/network", "etc/ppp", "etc/resolvconf", "etc/dhcp", "etc/rsyslog.d", "etc/ufw",
               "etc/insserv.conf.d", "etc/logcheck", "etc/cron.d", "etc/cron.daily", "etc/mail/peers", "lib", "usr/lib/systemd",
               "usr/bin/mailq", "usr/bin/newaliases", "usr/bin/rmail", "usr/lib/sendmail", "usr/sbin/rmail", "usr/share/bug",
               "usr/share/doc", "usr/share/lintian", "usr/share/man")  # fmt: skip
FRONTS = ("usr/bin/mailq", "usr/bin/newaliases", "usr/lib/sendmail")
SECONDS = 300.0


def make_repository(work: Path, repository: Path) -> None:
    """Download, repackage and index.

    Args:
        work: a folder of the caller's, for what is in between.
        repository: does not exist yet.

    Raises:
        CommandError: a tool failed.
    """
    repository.mkdir(parents=True)
    _rpm(work, repository, "base", {})
    for name, packages in SOURCES.items():
        tree = work / name
        tree.mkdir()
        run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages], timeout=SECONDS, cwd=work)
        files = [next(work.glob(f"{package}_*.deb")) for package in packages]
        for file in files:
            run(["dpkg", "-x", str(file), str(tree)], timeout=SECONDS)
        for path in DEBIAN_ONLY:
            _remove(tree / path)
        {"postfix": _postfix, "sendmail": _sendmail}[name](tree)
        for front in FRONTS:
            (tree / f"{front}.{name}").parent.mkdir(parents=True, exist_ok=True)
            (tree / f"{front}.{name}").symlink_to(f"../sbin/sendmail.{name}")
        _place(f"{name}.service", tree / f"usr/lib/systemd/system/{name}.service")
        version = run(["dpkg-deb", "-f", str(files[0]), "Version"], timeout=30).stdout.strip()
        _list_files(tree, work / f"{name}.files")
        values = {"tree": str(tree), "list": str(work / f"{name}.files"), "upstream": version.rpartition("-")[0]}
        _rpm(work, repository, name, values)
    run(["createrepo_c", "--quiet", str(repository)], timeout=SECONDS)


def _postfix(tree: Path) -> None:
    (tree / "usr/sbin/sendmail").rename(tree / "usr/sbin/sendmail.postfix")
    shutil.copy(tree / "usr/share/postfix/master.cf.dist", tree / "etc/postfix/master.cf")
    _place("main.cf", tree / "etc/postfix/main.cf")


def _sendmail(tree: Path) -> None:
    _remove(tree / "usr/sbin/sendmail")
    (tree / "usr/sbin/sendmail.sendmail").symlink_to("../libexec/sendmail/sendmail")
    _place("sendmail.mc", tree / "etc/mail/sendmail.mc")
    _place("mail.make", tree / "etc/mail/Makefile")


def _list_files(tree: Path, file: Path) -> None:
    """The lists a spec reads: configuration is marked as such, sendmail's m4 files stand in a list of their own."""
    lists: dict[str, list[str]] = {"": [], ".cf": []}
    for path in sorted(p for p in tree.rglob("*") if p.is_symlink() or p.is_file()):
        name = f'"/{path.relative_to(tree)}"'
        kept = "%config(noreplace) " if name.startswith('"/etc/') else ""
        lists[".cf" if "/share/sendmail/cf/" in name else ""].append(kept + name)
    for suffix, lines in lists.items():
        file.with_name(file.name + suffix).write_text("\n".join(lines) + "\n")


def _rpm(work: Path, repository: Path, name: str, values: dict[str, str]) -> None:
    defines = {"_topdir": str(work / "rpm"), "_rpmdir": str(repository), "recipe": str(RECIPE), **values}
    options = [part for key, value in defines.items() for part in ("--define", f"{key} {value}")]
    run(["rpmbuild", "-bb", "--quiet", *options, str(RECIPE / f"{name}.spec")], timeout=SECONDS)


def _place(name: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    shutil.copy(RECIPE / name, path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
