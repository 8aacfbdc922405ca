"""Real package files for the tests, sound ones and others."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from orchestrator.releases.site import SitePackages
from orchestrator.settings import Settings
from workflows.host.releases import Artefact
from workflows.model.plans import PackageKind, PackageRef

GUI = "openemm-gui-20.04.000.200.tar.gz"
Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, data: bytes = b"x", mode: int = 0o644) -> Member:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(data), mode, 1_600_000_000
    return info, data


def folder(name: str, mode: int = 0o755) -> Member:
    return special(name, tarfile.DIRTYPE, mode=mode)


def link(name: str, target: str) -> Member:
    return special(name, tarfile.SYMTYPE, target)


def hard_link(name: str, target: str) -> Member:
    return special(name, tarfile.LNKTYPE, target)


def special(name: str, kind: bytes, target: str = "", mode: int = 0o644) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info, b""


def tarball(members: Iterable[Member]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def webapp(version: str, *, prefix: str = "", sql: bool = False, extra: Iterable[Member] = ()) -> list[Member]:
    members = [
        file(f"{prefix}WEB-INF/web.xml", b"<web-app/>"),
        file(f"{prefix}WEB-INF/classes/emm.properties", f"ApplicationVersion={version}\n".encode()),
    ]
    if sql:
        members.append(file(f"{prefix}WEB-INF/sql/mysql/emm-mysql-update-20.01.368.sql", b"SELECT 1;"))
    return [*members, *extra]


def gui(version: str = "20.04.000.200", extra: Iterable[Member] = (), prefix: str = "") -> list[Member]:
    return webapp(version, prefix=prefix, sql=True, extra=extra)


def backend(version: str = "20.10.000.126", extra: Iterable[Member] = ()) -> list[Member]:
    top = f"V{version}"
    return [
        folder(top),
        file(f"{top}/bin/backend.sh", b"#!/bin/sh\n", 0o755),
        file(f"{top}/bin/qctrl", b"q", 0o6755),
        file(f"{top}/bin/smctrl", b"s", 0o6755),
        file(f"{top}/lib/bav.rc", b"rc", 0o600),
        file(f"{top}/scripts/config.sh"),
        folder(f"{top}/JAVA"),
        *extra,
    ]


def runtime() -> list[Member]:
    return [
        link("tomcat", "tomcat9"),
        file("tomcat9/conf/version.txt", b"20.04.000.050\n"),
        file("tomcat9/bin/emm.sh", b"#!/bin/sh\n", 0o755),
        folder("tomcat9/lib"),
        folder("webapps-leave-empty"),
        link("bin/emm.sh", "../tomcat/bin/emm.sh"),
    ]


def manual() -> list[Member]:
    return [file("en/index.htm"), file("de/index.htm")]


def complete(version: str = "20.10.000.152", *, without: str = "") -> list[Member]:
    parts = {
        f"openemm-gui-{version}.tar.gz": gui(version, prefix="emm/"),
        f"openemm-statistics-{version}.tar.gz": webapp(version),
        f"openemm-webservices-{version}.tar.gz": webapp(version),
        "openemm-backend-20.10.000.126.tar.gz": backend(),
        "openemm-backend-rdir-20.10.000.126.tar.gz": backend(),
    }
    return [file(name, tarball(members)) for name, members in parts.items() if not without or f"-{without}-2" not in name]


class Place:
    """A site with an empty home and a package folder."""

    def __init__(self, root: Path) -> None:
        self.home, self.state, self.packages = root / "home", root / "state", root / "packages"
        self.home.mkdir()
        self.packages.mkdir()

    def site(self, packages: str = "", user: str = "") -> SitePackages:
        settings = Settings(home=self.home, state=self.state, packages=packages or str(self.packages), user=user)
        return SitePackages(settings)

    def add(self, name: str, members: Iterable[Member]) -> PackageRef:
        (self.packages / name).write_bytes(tarball(members))
        return self.ref(name)

    def ref(self, name: str) -> PackageRef:
        return next(ref for ref in self.site().available() if ref.file == name)

    def artefact(self, name: str, members: Iterable[Member]) -> Artefact:
        return self.fetch(self.add(name, members))

    def fetch(self, ref: PackageRef, expected: str | None = None) -> Artefact:
        return self.site().fetch(ref, expected, silent)


def silent(done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


def ref_for(path: Path, kind: PackageKind, version: str) -> PackageRef:
    return PackageRef(path.name, kind, version, str(path))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tree(root: Path) -> set[str]:
    """All names below a folder."""
    return {str(path.relative_to(root)) for path in root.rglob("*")}
