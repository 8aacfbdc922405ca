"""Small real packages in local repositories, and the real package managers on private roots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.command import run
from orchestrator.files import sha256_file

SECONDS = 120.0
LONG = "a-package-whose-name-is-longer-than-any-column-of-a-table-that-a-terminal-of-eighty-columns-has-room-for"


@dataclass(frozen=True)
class Small:
    """A package with one file. fields: of its spec (Requires, Provides, Conflicts), or of a control file."""

    name: str
    version: str = "1.0"
    fields: Mapping[str, str] = field(default_factory=dict)


RPMS = (
    Small("alpha", "1.0", {"Requires": "beta"}), Small("alpha", "2.0", {"Requires": "beta"}), Small("beta", "1.0"),
    Small("gamma", "1.0"), Small("delta", "1.0", {"Conflicts": "gamma"}), Small("broken", "1.0", {"Requires": "nobody-has-this"}),
    Small("MariaDB-server", "10.3.39", {"Provides": "mariadb-server"}), Small(LONG, "1.0", {"Requires": "beta"}),
)  # fmt: skip
DEBS = (
    Small("alpha", "1.0", {"Depends": "beta"}), Small("alpha", "2.0", {"Depends": "beta"}), Small("beta", "1.0"),
    Small("gamma", "1.0"), Small("delta", "1.0", {"Conflicts": "gamma"}), Small("broken", "1.0", {"Depends": "nobody-has-this"}),
)  # fmt: skip


def rpm_repository(work: Path) -> Path:
    """RPMS, indexed."""
    repository = work / "rpms"
    repository.mkdir(parents=True)
    for small in RPMS:
        lines = [f"{name}: {value}" for name, value in small.fields.items()]
        (work / "small.spec").write_text(
            "\n".join([
                f"Name: {small.name}", f"Version: {small.version}", "Release: 1", "Summary: s", "License: none",
                "BuildArch: noarch", "AutoReqProv: no", *lines, "%description", "s", "%install",
                f"mkdir -p %{{buildroot}}/opt/small; echo {small.version} >%{{buildroot}}/opt/small/{small.name}", "%files",
                f"/opt/small/{small.name}", "",
            ])
        )  # fmt: skip
        folders = {"_topdir": str(work / "rpmbuild"), "_rpmdir": str(repository)}
        options = [part for name, value in folders.items() for part in ("--define", f"{name} {value}")]
        run(["rpmbuild", "-bb", "--quiet", *options, str(work / "small.spec")], timeout=SECONDS)
    run(["createrepo_c", "--quiet", str(repository)], timeout=SECONDS)
    return repository


def deb_repository(work: Path) -> Path:
    """DEBS, indexed as main of the release here."""
    repository = work / "debs"
    index = repository / "dists/here/main/binary-amd64"
    index.mkdir(parents=True)
    packages = index / "Packages"
    packages.write_text("\n".join(build_deb(work, small, repository) for small in DEBS))
    (repository / "dists/here/Release").write_text(
        "Suite: here\nCodename: here\nComponents: main\nArchitectures: amd64\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n"
        f"SHA256:\n {sha256_file(packages)} {packages.stat().st_size} main/binary-amd64/Packages\n"  # or apt forgets the index
    )
    return repository


def build_deb(work: Path, small: Small, folder: Path) -> str:
    """Build one into the folder; its entry for the index."""
    tree = work / "deb" / f"{small.name}-{small.version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "opt/small").mkdir(parents=True)
    (tree / "opt/small" / small.name).write_text(f"{small.version}\n")
    more = "".join(f"{name}: {value}\n" for name, value in small.fields.items())
    control = (
        f"Package: {small.name}\nVersion: {small.version}\nArchitecture: all\nMaintainer: nobody <nobody@example.com>\n"
        f"{more}Description: s\n"
    )
    (tree / "DEBIAN/control").write_text(control)
    file = folder / f"{small.name}_{small.version}_all.deb"
    run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(file)], timeout=SECONDS)
    return f"{control}Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {sha256_file(file)}\n"
