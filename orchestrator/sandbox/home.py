"""A home as the vendor's tool leaves it after installing 19.10, with the values an administrator then set (facts 1)."""

from __future__ import annotations

import re
import resource
import secrets
import shlex
import shutil
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.places import PLACES, WEB_APPLICATIONS
from orchestrator.sandbox import python as python_stand_in
from orchestrator.sandbox.packages import SandboxRelease, pem, template, web_xml
from workflows.model.plans import PackageKind

FOLDERS = ("bin", "emm-plugins", "birt-plugins", "etc/sandbox.d", "etc/ssl", "opt/java/bin",
           "opt/apache-tomcat-9.0.43/bin", "opt/apache-tomcat-9.0.43/lib", "release/backend", "release/log", "release/runtime",
           "temp", "var/db", "var/log", "var/run", "var/tmp", "var/spool/ARCHIVE", "var/spool/DIRECT", "var/spool/META",
           "var/spool/log", "webapps/manual")  # fmt: skip
SESSION_MINUTES = 240
SERVER_SESSION_MINUTES = 45
OPEN_FILES = 16348  # the vendor's own number
HOST_NAME = "news.sandbox.test"
SITE_VALUES: Mapping[str, str] = {
    "system.url": f"https://{HOST_NAME}",
    "system.mail.host": "mail.sandbox.test",
    "birt.url": f"https://{HOST_NAME}/birt",
    "birt.drilldownurl": f"https://{HOST_NAME}/birt",
    "hostauthentication.cookies.https.only": "true",
    "mailaddress.sender": "news@sandbox.test",
    "mailaddress.replyto": "reply@sandbox.test",
    "mailaddress.bounce": "bounce@sandbox.test",
    "mailaddress.frontend": "frontend@sandbox.test",
    "mailaddress.support": "support@sandbox.test",
    "mailaddress.error": "error@sandbox.test",
    "mailaddress.upload.database": "upload@sandbox.test",
    "mailaddress.upload.support": "upload-support@sandbox.test",
    "mailaddress.report_archive": "reports@sandbox.test",
    "wkhtmltopdf": "/usr/local/bin/wkhtmltopdf",
    "wkhtmltoimage": "/usr/local/bin/wkhtmltoimage",
}
MAILGUN_VALUES: Mapping[str, str] = {"domain": "sandbox.test", "blocksize": "500", "mailer": "Sandbox News"}
LOST_VALUES: Mapping[str, str] = {  # what no release keeps (24.2); the name as Java writes it
    "mailaddress.sender.name": "M\\u00FCller News",
    "mailaddress.replyto.name": "Sandbox News",
    "mailgun.ini.retries": "3",
}
BIRT_KEY = "c2FuZGJveDsgbm90IGEga2V5"  # as the database of a once-started 19.10 holds it
WEBSERVICES_URL = f"https://{HOST_NAME}/2.0/"


@dataclass(frozen=True)
class Access:
    """How the home reaches what is outside of it. port: the application's on loopback; socket: the database's."""

    port: int
    socket: Path
    password: str


def install(home: Path, packages: Path, release: SandboxRelease, access: Access) -> None:
    """Make the home out of a release's packages: unpacked, linked, and set up by an administrator."""
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True)
    unpack(home, packages, release)
    link(home, release)
    write_programs(home)
    write_site_files(home, access)
    write_site_values(home)


def unpack(home: Path, packages: Path, release: SandboxRelease) -> None:
    """Unpack every package where the vendor's tool does; a runtime's tarball stays as a file (facts 1.1)."""
    runtime = packages / release.file(PackageKind.RUNTIME)
    _extract(runtime, home)
    shutil.copy(runtime, home / "release" / "runtime")
    for kind in WEB_APPLICATIONS:
        file = packages / release.file(kind)
        _extract(file, home / PLACES[kind].folder / file.name.removesuffix(".tar.gz"))
    _extract(packages / release.file(PackageKind.BACKEND), home / "release" / "backend")
    manual = packages / release.file(PackageKind.MANUAL)
    _extract(manual, home / "release" / "manual" / manual.name.removesuffix(".tar.gz"))


def link(home: Path, release: SandboxRelease) -> None:
    """Make the links of an installed home; those of the runtime package are there already."""
    links = {
        "conf": "tomcat/conf",
        "logs": "tomcat/logs",
        "bin/openemm.sh": "../tomcat/bin/openemm.sh",
        "opt/tomcat": "apache-tomcat-9.0.43",
        "release/backend/current": f"V{release.backend}",
        "webapps/manual/default": "en",
    }
    for name in ("JAVA", "lib", "scripts"):
        links[name] = f"release/backend/current/{name}"
    for program in ("backend.sh", "qctrl", "smctrl"):
        links[f"bin/{program}"] = f"../release/backend/current/bin/{program}"
    for kind in WEB_APPLICATIONS:
        links[PLACES[kind].link] = f"../{PLACES[kind].folder}/{release.file(kind).removesuffix('.tar.gz')}"
    manual = release.file(PackageKind.MANUAL).removesuffix(".tar.gz")
    for language in ("de", "en"):
        links[f"webapps/manual/{language}"] = f"../../release/manual/{manual}/{language}"
    for path, target in links.items():
        (home / path).symlink_to(target)


def write_programs(home: Path) -> None:
    """What stands in for Java, Tomcat and Python, and bin/setenv.sh that names them."""
    python = shlex.quote(sys.executable)
    for path, text in {
        "opt/java/bin/java": template("java").replace("@PYTHON@", python),
        "opt/apache-tomcat-9.0.43/bin/startup.sh": template("startup.sh"),
        "bin/setenv.sh": template("setenv.sh"),
    }.items():
        _write(home / path, text, 0o755)
    python_stand_in.write(home / "opt/python3")
    _write(home / "opt/java/release", 'JAVA_VERSION="11.0.25"\n')
    _write(home / "opt/apache-tomcat-9.0.43/lib/catalina.jar", "stands in for Tomcat\n")


def write_site_files(home: Path, access: Access) -> None:
    """The site's own files: dbcfg, and what it changed of the runtime (facts 1.4, 5.1)."""
    url = f"jdbc:mariadb://localhost/openemm?localSocket={access.socket}"
    _write(
        home / "etc/dbcfg",
        f"openemm: dbms=mariadb, host=localhost, user=openemm, password={access.password}, name=openemm,"
        f" jdbc-connect={url}, jdbc-driver=org.mariadb.jdbc.Driver\n",
        0o600,
    )
    _write(home / "etc/agnitas.update.channel", "release\n")
    for folder in ("emm-plugins", "birt-plugins"):
        _write(home / folder / "sandbox.properties", "the site's own plugin\n")
    tomcat = home / "tomcat"
    (tomcat / "logs").mkdir()
    server = template("server.xml").replace('port="8080"', f'address="127.0.0.1" port="{access.port}"')
    _write(tomcat / "conf/server.xml", server.replace('Server port="8005"', 'Server port="-1"'))
    _write(tomcat / "conf/hostname", f"{HOST_NAME}\n")
    _write(tomcat / "conf/web.xml", web_xml("Tomcat", timeout=SERVER_SESSION_MINUTES))
    _write(tomcat / "conf/keys/emm.salt", f"{secrets.token_hex(16)}\n", 0o600)
    for half in ("private", "public"):
        _write(tomcat / f"conf/keys/birt_{half}.pem", pem(half, BIRT_KEY), 0o600)
    _write(tomcat / "bin/emm.sh.additional.properties", f'JAVA_OPTS="-Xms1024m -Xmx4096m"\nEMM_OPEN_FILES={open_files()}\n')


def open_files() -> int:
    """How many open files emm.sh asks for: what the vendor's does, or what there is where a sandbox has to do with fewer."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(OPEN_FILES, soft) if soft != resource.RLIM_INFINITY else OPEN_FILES


def write_site_values(home: Path) -> None:
    """What an administrator set inside the release folders, where it is lost unless somebody carries it (facts 1.4).

    On another system: every line of these files ends as there. What need not be set is as it was shipped.
    """
    gui = home / "webapps/emm/WEB-INF"
    mailgun = {f"mailgun.ini.{key}": value for key, value in MAILGUN_VALUES.items()}
    values = {**SITE_VALUES, **mailgun, **LOST_VALUES, "mailgun.ini.metadir": f"{home}/var/spool/META"}
    for classes in (gui / "classes", home / "webapps/statistics/WEB-INF/classes"):
        set_values(classes / "emm.properties", values)
    _write(gui / "web.xml", web_xml("gui", timeout=SESSION_MINUTES))
    set_values(home / "webapps/webservices/WEB-INF/classes/emm-ws.properties", {"wsdlLocationUri": WEBSERVICES_URL})


def set_values(file: Path, values: Mapping[str, str]) -> None:
    """Give these keys other values in a property file, as they are written there."""
    lines = file.read_bytes().decode("latin-1").splitlines()
    for key, value in values.items():
        there = [number for number, line in enumerate(lines) if re.match(rf"{re.escape(key)}\s*=", line)]
        lines = [line for number, line in enumerate(lines) if number not in there]
        lines.insert(there[0] if there else len(lines), f"{key}={value}")
    file.write_bytes("".join(f"{line}\r\n" for line in lines).encode("latin-1"))


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(text, encoding="utf-8")


def _extract(package: Path, folder: Path) -> None:
    with tarfile.open(package) as archive:
        archive.extraction_filter = lambda member, _path: member  # an argument of that name came with Python 3.11.4
        archive.extractall(folder)  # noqa: S202 - packages.py wrote it a moment ago
