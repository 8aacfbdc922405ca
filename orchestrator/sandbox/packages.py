"""The packages of three releases, in the vendor's naming and layout (facts 1.1, 1.4, 2.1), with contents of our own writing.

The same input gives the same bytes: order, owner and times are fixed. What matters about them is what they do to an upgrade
that is careless: a runtime brings a salt, a web.xml and an emm.sh.additional.properties of its own, a 19.10 and a 20.04 gui an
emm.properties full of markers, defaults and keys that no release keeps, 20.10 is one package with four others in it, and its web
applications lie in a folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from orchestrator.data.places import WEB_APPLICATIONS
from orchestrator.sandbox.database import bundle, full
from workflows.model.plans import PackageKind

SUMS = "SHA256SUMS"
BUILT = 1_600_000_000  # seconds since 1970; every member's time
SHIPPED_SALT = "0123456789-shipped-with-a-runtime"


@dataclass(frozen=True)
class SandboxRelease:
    """The versions of one release's parts; `complete`: the frontend and the backend come in one package."""

    line: str
    frontend: str
    runtime: str
    backend: str
    manual: str
    complete: bool = False

    def version(self, kind: PackageKind) -> str:
        """The version of the part of that kind."""
        parts = {PackageKind.RUNTIME: self.runtime, PackageKind.BACKEND: self.backend, PackageKind.MANUAL: self.manual}
        return parts.get(kind, self.frontend)

    def file(self, kind: PackageKind) -> str:
        """The name of the package file of that kind."""
        middle = "" if kind is PackageKind.COMPLETE else f"{kind}-"
        return f"openemm-{middle}{self.version(kind)}.tar.gz"


RELEASES = (
    SandboxRelease("19.10", "19.10.000.170", "19.10.000.005", "19.10.000.165", "19.10.000.001"),
    SandboxRelease("20.04", "20.04.000.200", "20.04.000.050", "20.04.000.190", "20.04.000.002"),
    SandboxRelease("20.10", "20.10.000.152", "20.10.000.012", "20.10.000.126", "20.10.000.003", complete=True),
)


@dataclass(frozen=True)
class Member:
    """A file of a package, or a link when `link` says where to."""

    path: str
    data: bytes = b""
    mode: int = 0o644
    link: str | None = None


FIRST_WITH_PYTHON_3 = "20.04"
AGN3 = {  # a library with the imports that decide which Python will do
    "stream": "from collections import Iterable, deque\n",
    "plugin": "import imp\n",
    "dbm": "from dbm import gnu\n",
    "rpc": "import aiohttp_xmlrpc.client\n",
    "db": "try:\n    import MySQLdb\nexcept ImportError:\n    MySQLdb = None\n",
}
TRIGGER = "#!/usr/bin/env python3\n" + "".join(f"import agn3.{name}\n" for name in AGN3)

CONFIG_SH = """# Which mail server: MTA, alternatives, the enabled unit, what runs (facts 12)
if [ -z "${MTA:-}" ]; then
    for program in /usr/sbin/sendmail /usr/lib/sendmail; do
        case "$(readlink -en "$program")" in
            *sendmail.postfix) MTA=postfix; break ;;
            *sendmail.sendmail) MTA=sendmail; break ;;
        esac
    done
fi
if [ -z "${MTA:-}" ]; then
    for unit in sendmail postfix; do
        if systemctl -q is-enabled "$unit.service" 2>/dev/null; then MTA=$unit; break; fi
    done
fi
if [ -z "${MTA:-}" ] && ps ax | grep -q '[p]ostfix.*/master'; then MTA=postfix; fi
export MTA="${MTA:-sendmail}"
"""


def build(folder: Path) -> None:
    """Write the packages of all releases into an existing folder, with the SHA256SUMS of them."""
    sums = []
    for release in RELEASES:
        for name, data in packages(release):
            (folder / name).write_bytes(data)
            sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
    (folder / SUMS).write_text("".join(sums))


def packages(release: SandboxRelease) -> Iterator[tuple[str, bytes]]:
    """The package files of a release: name and content."""
    yield release.file(PackageKind.RUNTIME), tarball(runtime(release))
    parts = [(release.file(kind), tarball(webapp(release, kind))) for kind in WEB_APPLICATIONS]
    parts.append((release.file(PackageKind.BACKEND), tarball(backend(release))))
    if release.complete:
        yield release.file(PackageKind.COMPLETE), tarball(Member(name, data) for name, data in parts)
    else:
        yield from parts
    yield release.file(PackageKind.MANUAL), tarball(manual(release))


def tarball(members: Iterable[Member]) -> bytes:
    """A tar.gz of these members and the folders they lie in, the same bytes for the same members."""
    plain = io.BytesIO()
    folders: set[str] = set()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in sorted(members, key=lambda m: m.path):
            parts = member.path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth])
                if folder not in folders:
                    folders.add(folder)
                    archive.addfile(_header(folder, 0o755, tarfile.DIRTYPE))
            if member.link is not None:
                header = _header(member.path, 0o777, tarfile.SYMTYPE)
                header.linkname = member.link
                archive.addfile(header)
            else:
                header = _header(member.path, member.mode, tarfile.REGTYPE)
                header.size = len(member.data)
                archive.addfile(header, io.BytesIO(member.data))
    return gzip.compress(plain.getvalue(), compresslevel=6, mtime=0)


def runtime(release: SandboxRelease) -> Iterator[Member]:
    """Tomcat's configuration and the scripts; server.xml is no part of it, a salt is (facts 1.1)."""
    yield Member("tomcat", link="tomcat9")
    for script in ("emm.sh", "OMT.sh"):
        yield Member(f"bin/{script}", link=f"../tomcat/bin/{script}")
    for script in ("emm.sh", "openemm.sh", "OMT.sh"):
        yield Member(f"tomcat9/bin/{script}", template(script).encode(), 0o755)
    yield _text("tomcat9/bin/emm.sh.additional.properties", 'JAVA_OPTS="-Xms512m -Xmx1024m"\n')
    yield _text("tomcat9/conf/version.txt", f"{release.runtime}\n")
    yield _text("tomcat9/conf/web.xml", web_xml("Tomcat", timeout=30))
    yield _text("tomcat9/conf/server.xml.template", template("server.xml"))
    yield _text("tomcat9/conf/context.xml.template", template("context.xml"))
    yield _text("tomcat9/conf/keys/emm.salt", f"{SHIPPED_SALT}\n")
    for half in ("private", "public"):
        yield _text(f"tomcat9/conf/keys/birt_{half}.pem", pem(half, "shipped with the runtime"))
    yield _text("tomcat9/lib/mariadb-java-client.jar", f"stands in for a driver, {release.runtime}\n")
    yield _text("webapps-leave-empty/README", "leave this folder empty\n")


def webapp(release: SandboxRelease, kind: PackageKind) -> Iterator[Member]:
    """A web application; those of a complete package lie in a folder of their own, which is flattened when installed."""
    top = f"{release.file(kind).removesuffix('.tar.gz')}/" if release.complete else ""
    texts = {
        "web.xml": web_xml(str(kind)),
        "classes/emm.properties": emm_properties(release, kind),
        "lib/emm-core.jar": f"stands in for the code of {release.frontend}\n",
    }
    if kind is PackageKind.GUI:
        texts |= bundle(release.line)
        if release.line == full.LINE:
            texts["sql/mysql/emm-mysql-fulldb-basic.sql"] = full.full_text()
    if kind is PackageKind.WEBSERVICES and not release.complete:
        texts["classes/emm-ws.properties"] = template("emm-ws.properties")
    for path, text in texts.items():
        encoding = "latin-1" if path.endswith(".properties") else "utf-8"  # as Java wants them
        yield Member(f"{top}WEB-INF/{path}", text.encode(encoding))


def backend(release: SandboxRelease) -> Iterator[Member]:
    """The backend's one folder; qctrl and smctrl are setuid root up to 20.10 (facts 2.1)."""
    top = f"V{release.backend}"
    yield Member(f"{top}/bin/backend.sh", template("backend.sh").encode(), 0o755)
    for helper in ("qctrl", "smctrl"):
        yield Member(f"{top}/bin/{helper}", b"#!/bin/sh\nexit 0\n", 0o6755)
    yield Member(f"{top}/lib/bav.rc", b"# rules for incoming mail\n", 0o600)
    yield from scripts(f"{top}/scripts", release)
    yield Member(f"{top}/scripts/once/README", b"scripts that run once\n")
    yield _text(f"{top}/JAVA/backend.jar", f"stands in for the code of {release.backend}\n")


def scripts(folder: str, release: SandboxRelease) -> Iterator[Member]:
    """config.sh; from 20.04 on with the backend's Python and a service that imports what the real ones do (facts 24.1)."""
    if release.line < FIRST_WITH_PYTHON_3:
        yield _text(f"{folder}/config.sh", CONFIG_SH)
        return
    yield _text(f"{folder}/config.sh", CONFIG_SH + template("config.python.sh"))
    yield _text(f"{folder}/trigger3.py", TRIGGER)
    for name, text in {"__init__": "", **AGN3}.items():
        yield _text(f"{folder}/agn3/{name}.py", text)


def manual(release: SandboxRelease) -> Iterator[Member]:
    """The manual in two languages."""
    for language in ("de", "en"):
        yield _text(f"{language}/index.html", f"<html><body>OpenEMM {release.manual} ({language})</body></html>\n")


def emm_properties(release: SandboxRelease, kind: PackageKind) -> str:
    """The emm.properties a package ships: up to 20.04 with markers and defaults, later without values (17.3, 24.2).

    19.10's paths are those of the home that the vendor has in mind, 20.04's begin with ${home}.
    """
    text = template("emm.properties")
    if not (release.complete or kind is PackageKind.WEBSERVICES):
        text += template("emm.properties.values")
    home = "/home/openemm" if release.line == "19.10" else "${home}"
    for mark, value in {
        "VERSION": release.frontend,
        "BUILDTIME": "2020-09-13 12:26:40",
        "LINE": release.line,
        "HOME": home,
    }.items():
        text = text.replace(f"@{mark}@", value)
    return text


def web_xml(name: str, *, timeout: int | None = None) -> str:
    """A web.xml with that session-timeout in minutes; those of the builds have none (24.2)."""
    config = f"  <session-config>\n    <session-timeout>{timeout}</session-timeout>\n  </session-config>\n" if timeout else ""
    return template("web.xml").replace("@NAME@", name).replace("@SESSION@", config)


def pem(half: str, content: str) -> str:
    """Text in the shape of a PEM file; no key."""
    return f"-----BEGIN {half.upper()} KEY-----\n{content}\n-----END {half.upper()} KEY-----\n"


def template(name: str) -> str:
    """The text of a file in templates/."""
    return (files("orchestrator.sandbox") / "templates" / f"{name}.tmpl").read_text(encoding="utf-8")


def _text(path: str, text: str) -> Member:
    return Member(path, text.encode())


def _header(path: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    header = tarfile.TarInfo(path)
    header.mode = mode
    header.type = kind
    header.mtime = BUILT
    header.uname = header.gname = "root"
    return header
