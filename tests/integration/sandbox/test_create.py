"""Making and removing a sandbox; starting and stopping what is in it."""

from __future__ import annotations

import stat
import subprocess
import tarfile
from pathlib import Path

import pymysql
import pytest
from sandbox_kit import Sandbox, States, nested

from orchestrator.hosts.database.dbcfg import read
from orchestrator.hosts.scratch.scratch import require_short
from orchestrator.releases.preview import property_files
from orchestrator.sandbox import host, processes
from orchestrator.sandbox.packages import RELEASES, SHIPPED_SALT, SUMS, build
from orchestrator.settings import load
from workflows.model.errors import RefusedError, UsageError
from workflows.model.plans import PackageKind

pytestmark = pytest.mark.integration


@pytest.fixture
def own(open_folder: Path) -> Sandbox:
    """A sandbox of the test's own, with everything running."""
    sandbox = Sandbox(open_folder / "own")
    host.create(sandbox.folder)
    return sandbox


def test_a_created_host_runs_and_leaves_nothing_when_destroyed(own: Sandbox) -> None:
    bystander = subprocess.Popen(["tail", "-f", str(own.log)], stdout=subprocess.DEVNULL)
    try:
        assert own.version() == (200, "19.10.000.170")
        host.stop(own.folder)
        assert not processes.servers(own.folder)
        host.start(own.folder)
        assert own.version() == (200, "19.10.000.170")
        assert processes.backend(own.home)
        host.destroy(own.folder)
        assert not own.folder.exists()
        assert not processes.application(own.home) + processes.backend(own.home) + processes.servers(own.folder)
        assert bystander.poll() is None
    finally:
        bystander.terminate()
        bystander.wait()


def test_what_did_not_run_is_not_started(sandbox: Sandbox) -> None:
    host.stop(sandbox.folder)
    host.start(sandbox.folder)
    assert sandbox.server.answers()
    assert not sandbox.running()
    assert not processes.backend(sandbox.home)


def test_the_site_file_leads_to_the_database_with_the_password_of_dbcfg(sandbox: Sandbox) -> None:
    settings = load(str(sandbox.folder), {})
    entry = read(settings.home / "etc/dbcfg")
    assert stat.S_IMODE((settings.home / "etc/dbcfg").stat().st_mode) == 0o600
    with pymysql.connect(
        unix_socket=str(settings.database.socket), user=entry.user, password=entry.password, database=entry.name
    ) as connection:
        connection.cursor().execute("CREATE TABLE may_tbl (id INT)")
    assert stat.S_IMODE(settings.scratch.stat().st_mode) == 0o711
    assert stat.S_IMODE(settings.backups.stat().st_mode) == 0o700


def test_every_link_of_the_home_is_relative_and_leads_somewhere(sandbox: Sandbox) -> None:
    links = [path for path in sandbox.home.rglob("*") if path.is_symlink()]
    assert len(links) > 15
    assert all(link.exists() and not link.readlink().is_absolute() for link in links)
    assert (sandbox.home / "tomcat").readlink() == Path("tomcat9")


def test_the_sites_own_files_differ_from_the_shipped_ones(sandbox: Sandbox) -> None:
    with tarfile.open(sandbox.folder / "packages/openemm-runtime-20.04.000.050.tar.gz") as archive:
        names = archive.getnames()
        for name in ("conf/keys/emm.salt", "conf/web.xml", "bin/emm.sh.additional.properties"):
            shipped = archive.extractfile(f"tomcat9/{name}")
            assert shipped is not None
            assert shipped.read() != (sandbox.home / "tomcat" / name).read_bytes()
    assert SHIPPED_SALT not in (sandbox.home / "conf/keys/emm.salt").read_text()
    assert "tomcat9/conf/server.xml" not in names
    assert "tomcat9/conf/server.xml.template" in names


def test_packages_are_the_same_bytes_each_time(sandbox: Sandbox, tmp_path: Path) -> None:
    build(tmp_path)
    packages = sandbox.folder / "packages"
    assert (tmp_path / SUMS).read_text() == (packages / SUMS).read_text()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=packages, check=True)
    assert len((tmp_path / SUMS).read_text().splitlines()) == len(list(packages.glob("*.tar.gz"))) == 15


def test_the_complete_package_holds_its_parts_and_the_backend_its_setuid_helpers(sandbox: Sandbox, tmp_path: Path) -> None:
    release = RELEASES[-1]
    parts = nested(sandbox.folder / "packages", release)
    kinds = (PackageKind.GUI, PackageKind.STATISTICS, PackageKind.WEBSERVICES, PackageKind.BACKEND)
    assert set(parts) == {release.file(kind) for kind in kinds}
    backend = tmp_path / "backend.tar.gz"
    backend.write_bytes(parts[release.file(PackageKind.BACKEND)])
    with tarfile.open(backend) as archive:
        special = {member.name: member.mode for member in archive if member.mode & 0o6000}
    assert special == {f"V20.10.000.126/bin/{name}": 0o6755 for name in ("qctrl", "smctrl")}


def test_a_folder_with_something_in_it_is_refused(states: States, open_folder: Path) -> None:
    full = open_folder / "full"
    full.mkdir()
    (full / "mine").write_text("kept")
    for folder in (full, full / "mine", states.sandbox.folder):
        with pytest.raises(RefusedError) as refused:
            host.create(folder)
        assert refused.value.error_key == "sandbox-folder-not-empty"
    assert (full / "mine").read_text() == "kept"


@pytest.mark.parametrize("act", [host.destroy, host.stop, host.start])
def test_a_folder_that_is_no_sandbox_is_left_alone(act: object, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(RefusedError, match="no sandbox"):
        act(tmp_path)  # type: ignore[operator]
    assert (tmp_path / "mine").read_text() == "kept"


def test_an_unknown_release_and_a_path_too_long_for_sockets_are_refused(open_folder: Path) -> None:
    with pytest.raises(UsageError) as unknown:
        host.create(open_folder / "new", "20.10")
    with pytest.raises(UsageError) as too_long:
        host.create(open_folder / ("x" * 70))
    assert unknown.value.error_key == "sandbox-release-unknown"
    assert too_long.value.error_key == "sandbox-path-too-long"
    assert not (open_folder / "new").exists()


def test_a_sandbox_of_the_longest_path_has_room_for_the_socket_of_a_test_restore() -> None:
    longest = Path("/".ljust(host.LONGEST_PATH, "x"))
    require_short(longest / "scratch")
    with pytest.raises(RefusedError):
        require_short(longest.with_name(f"{longest.name}x") / "scratch")


def test_a_creation_that_fails_leaves_nothing(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise pymysql.err.OperationalError(1114, "the table is full")

    monkeypatch.setattr(host, "create_schema", fail)
    with pytest.raises(pymysql.err.OperationalError):
        host.create(open_folder / "failed")
    assert not (open_folder / "failed").exists()
    assert not processes.servers(open_folder / "failed")


def test_the_shipped_file_of_19_10_is_as_nasty_as_the_real_one(sandbox: Sandbox) -> None:
    release = RELEASES[0]
    packages = [(kind, sandbox.folder / "packages" / release.file(kind)) for kind in (PackageKind.GUI, PackageKind.WEBSERVICES)]
    shipped = property_files(release.frontend, packages)
    assert shipped is not None
    assert shipped.emm["birt.drilldownurl"] == "http://[to be defined]"
    assert shipped.emm["mailgun.ini.metadir"].startswith("/home/openemm/")
    assert release.line in shipped.emm["mailgun.ini.mailer"]
    assert len([key for key in shipped.emm if key.startswith("mailgun.ini.")]) == 14
    names = {key: value for key, value in shipped.emm.items() if key.startswith("mailaddress.")}
    assert (len(names), names["mailaddress.sender.name"], names["mailaddress.replyto.name"]) == (11, "OpenEMM", "OpenEMM")
    assert {key.partition(".")[0] for key in shipped.webservices} == {"portTypeName", "wsdlLocationUri", "exportSubscriberToFtp"}
    for made in RELEASES:
        with tarfile.open(
            sandbox.folder / "packages" / made.file(PackageKind.COMPLETE if made.complete else PackageKind.GUI)
        ) as tar:
            files = [tar.extractfile(name) for name in tar.getnames() if name.endswith("WEB-INF/web.xml")]
            assert all(file is not None and b"session-timeout" not in file.read() for file in files)
    own = (sandbox.home / "webapps/emm/WEB-INF/classes/emm.properties").read_bytes()
    assert b"f\xfcr Kunden\r\n" in own
    assert b"M\\u00FCller News\r\n" in own
