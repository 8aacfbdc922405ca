"""A sandbox for tests: what the vendor's way of upgrading does to it, and how to put it back to a remembered state."""

from __future__ import annotations

import io
import os
import select
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.command import Result, run
from orchestrator.data.places import PLACES, WEB_APPLICATIONS
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox import host, processes
from orchestrator.sandbox.home import MAILGUN_VALUES, SITE_VALUES, WEBSERVICES_URL, set_values
from orchestrator.sandbox.packages import RELEASES, SandboxRelease
from orchestrator.settings import load

BENIGN = {"19.07.420"}  # 1061, facts 13.2


@dataclass
class Sandbox:
    """A sandbox, and what the vendor's way of upgrading does to it."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def server(self) -> PrivateServer:
        return host.database(self.folder)

    @property
    def log(self) -> Path:
        return self.home / "logs" / "catalina.out"

    def script(self, name: str, verb: str, *, limit: int = 1) -> Result:
        """Run a script of the home; a start waits `limit` seconds for its log line at the most."""
        return run([str(self.home / "bin" / name), verb], timeout=60, expect=None, env={"EMM_START_LIMIT": str(limit)})

    def start(self) -> str:
        """Start the application with an empty log; what it wrote until the script ended."""
        self.log.write_text("")
        assert self.script("emm.sh", "start", limit=15).exit_code == 0
        return self.log.read_text()

    def killed_start(self, point: str) -> None:
        """Start the application so that it kills itself at that point."""
        self.hook("die-at", point)
        self.log.write_text("")
        self.script("emm.sh", "start")
        for pid in processes.application(self.home):
            await_end(pid)
        assert not (self.home / "etc/sandbox.d/die-at").exists()

    def stop(self) -> None:
        assert self.script("emm.sh", "stop").exit_code == 0

    def running(self) -> bool:
        return bool(processes.application(self.home))

    def hook(self, name: str, content: str = "") -> None:
        (self.home / "etc/sandbox.d" / name).write_text(content)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(load(str(self.folder), {}).http + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except urllib.error.URLError:
            return 0, ""

    def version(self) -> tuple[int, str]:
        return self.get("/serverstatus/version.action")

    def query(self, sql: str) -> tuple[tuple[Any, ...], ...]:
        with self.server.connect("openemm") as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def config(self) -> dict[str, str]:
        """config_tbl by key, a host's own rows as key@host."""
        rows = self.query("SELECT CONCAT(class, '.', name), COALESCE(hostname, ''), value FROM config_tbl")
        return {f"{key}@{name}" if name else key: value for key, name, value in rows}

    def snapshot(self) -> dict[str, Any]:
        """What a start changes."""
        jobs = "SELECT id, state FROM startup_job_tbl ORDER BY id"
        return {
            "config": self.config(),
            "company": self.query("SELECT company_id, status FROM company_tbl ORDER BY company_id"),
            "info": self.query("SELECT company_id, cname, cvalue FROM company_info_tbl ORDER BY company_id, cname"),
            "layout": self.query("SELECT item_name, data FROM layout_tbl ORDER BY item_name"),
            "jobs": self.query(jobs),
            "recipients": self.query("SELECT birtreport_id, email FROM birtreport_recipient_tbl ORDER BY birtreport_id, email"),
            "reports": self.query("SELECT report_id, intervalpattern, laststart, nextstart FROM birtreport_tbl ORDER BY 1"),
        }

    def install(self, line: str, *, carry: bool = True) -> None:
        """Unpack a release's web applications and relink them; carry: with the site's values."""
        release = next(r for r in RELEASES if r.line == line)
        for kind in WEB_APPLICATIONS:
            name = release.file(kind).removesuffix(".tar.gz")
            target = self.home / PLACES[kind].folder / name
            if not target.exists():
                self._unpack(release, release.file(kind), target)
            link = self.home / PLACES[kind].link
            link.unlink()
            link.symlink_to(target)
        if carry:
            classes = self.home / "webapps/emm/WEB-INF/classes"
            mailgun = {f"mailgun.ini.{key}": value for key, value in MAILGUN_VALUES.items()}
            set_values(classes / "emm.properties", {**SITE_VALUES, **mailgun})
            (classes / "emm-ws.properties").write_text(f"wsdlLocationUri={WEBSERVICES_URL}\n")

    def _unpack(self, release: SandboxRelease, file: str, target: Path) -> None:
        path = self.folder / "packages" / file
        data = path.read_bytes() if path.exists() else nested(self.folder / "packages", release)[file]
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # came with Python 3.11.4
            archive.extractall(target)
        inner = target / target.name
        if inner.is_dir():
            for entry in inner.iterdir():
                entry.rename(target / entry.name)
            inner.rmdir()

    def update_schema(self, line: str) -> None:
        """Run the update files of a release that are missing, one client each, as the vendor's runner does (facts 5.4)."""
        release = next(r for r in RELEASES if r.line == line)
        folder = self.home / "release/emm" / release.file(WEB_APPLICATIONS[0]).removesuffix(".tar.gz") / "WEB-INF/sql/mysql"
        present = {row[0] for row in self.query("SELECT version_number FROM agn_dbversioninfo_tbl")}
        for file in sorted(folder.glob("emm-mysql-update-*.sql")):
            version = file.stem.removeprefix("emm-mysql-update-").split("-")[0]
            if version not in present:
                client = ["mariadb", f"--socket={self.server.socket}", "--default-character-set=utf8", "openemm"]
                done = subprocess.run(client, input=file.read_bytes(), capture_output=True, check=False)
                assert done.returncode == 0 or version in BENIGN, f"{file.name}: {done.stderr.decode()}"


def await_end(pid: int) -> None:
    """Wait until a process has ended by itself."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], 60)
    os.close(handle)
    assert ended


def nested(packages: Path, release: SandboxRelease) -> dict[str, bytes]:
    """The packages inside a complete package."""
    (file,) = packages.glob(f"openemm-{release.frontend}.tar.gz")
    with tarfile.open(file) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive.getmembers() if m.isfile()}  # type: ignore[union-attr]


class States:
    """Remembered states of one sandbox: its home and its database."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self._folder = folder

    def remember(self, name: str) -> None:
        host.stop(self.sandbox.folder)
        for part in ("home", "mariadb"):
            copy(self.sandbox.folder / part, self._folder / name / part)
        self.sandbox.server.start()

    def put_back(self, name: str) -> None:
        processes.end(processes.application(self.sandbox.home) + processes.backend(self.sandbox.home))
        self.sandbox.server.kill()
        for part in ("home", "mariadb"):
            shutil.rmtree(self.sandbox.folder / part)
            copy(self._folder / name / part, self.sandbox.folder / part)
        self.sandbox.server.start()


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    run(["cp", "-a", str(source), str(target)], timeout=60)
