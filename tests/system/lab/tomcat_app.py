"""The packages of 20.10 for a real Tomcat 10: a web application of a few pages that works on the real database.

What the sandbox's packages only stand in for is replaced: the JDBC driver is Debian's, the pages are JSPs, and the backend
brings a bounce filter, so that a mail server that asks it takes mail.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orchestrator.command import run
from orchestrator.data.places import WEB_APPLICATIONS
from orchestrator.sandbox import packages
from orchestrator.sandbox.packages import RELEASES, SUMS, Member, SandboxRelease, tarball
from tests.system.lab.bare_root import REPOSITORY
from tests.system.lab.openemm import PREFIX
from workflows.model.plans import PackageKind

RELEASE: SandboxRelease = RELEASES[-1]
PAGES = Path(__file__).with_name("tomcat")
DRIVER = "usr/share/java/mariadb-java-client.jar"
NO_CODE = ("WEB-INF/lib/emm-core.jar", "lib/mariadb-java-client.jar")  # Tomcat opens every jar
PYTHON = "$home/opt/python3/bin/python3"
VERB = "verb() {\n"
FILTER = """    case $1 in
    start) setsid "$release/bin/bav.py" "$home/var/run/bav.sock" >>"$home/var/log/bav.log" 2>&1 </dev/null & ;;
    stop) pkill -f "$release/bin/bav.py" ;;
    esac
"""


def build(folder: Path, bare: Path) -> None:
    """Write the packages and their SHA256SUMS into an existing folder; bare: the root whose repository has the driver."""
    driver = _driver(next((bare / REPOSITORY).glob("libmariadb-java_*.deb")))
    parts = [(RELEASE.file(kind), tarball(_webapp(kind))) for kind in WEB_APPLICATIONS]
    parts.append((RELEASE.file(PackageKind.BACKEND), tarball(_backend())))
    files = {
        RELEASE.file(PackageKind.RUNTIME): tarball(_runtime(driver)),
        RELEASE.file(PackageKind.COMPLETE): tarball(Member(name, data) for name, data in parts),
        RELEASE.file(PackageKind.MANUAL): tarball(packages.manual(RELEASE)),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    (folder / SUMS).write_text("".join(sums))


def _webapp(kind: PackageKind) -> Iterator[Member]:
    top = f"{RELEASE.file(kind).removesuffix('.tar.gz')}/WEB-INF"
    for member in packages.webapp(RELEASE, kind):
        if member.path.endswith(NO_CODE) or (kind is PackageKind.GUI and member.path == f"{top}/web.xml"):
            continue
        yield member
    if kind is PackageKind.GUI:
        for page in sorted(PAGES.iterdir()):
            if page.suffix in (".jsp", ".xml"):
                yield Member(f"{top}/{page.name}", page.read_bytes())


def _runtime(driver: bytes) -> Iterator[Member]:
    for member in packages.runtime(RELEASE):
        yield Member(member.path, driver) if member.path.endswith(NO_CODE) else member


def _backend() -> Iterator[Member]:
    """With the interpreter that can import the sandbox, and the bounce filter started and stopped beside its services."""
    for member in packages.backend(RELEASE):
        if not member.path.endswith("/backend.sh"):
            yield member
            continue
        text = member.data.decode()
        assert VERB in text
        text = text.replace(VERB, VERB + FILTER).replace(PYTHON, f"{PREFIX}/bin/python")
        yield Member(member.path, text.encode(), member.mode)
        text = f"#!{PREFIX}/bin/python\n" + (PAGES / "bav.py").read_text()
        yield Member(member.path.replace("backend.sh", "bav.py"), text.encode(), 0o755)


def _driver(package: Path) -> bytes:
    """The jar in Debian's package of it."""
    with tempfile.TemporaryDirectory() as folder:
        run(["dpkg", "-x", str(package), folder], timeout=60)
        return Path(folder, DRIVER).read_bytes()
