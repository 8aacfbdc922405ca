"""The database server itself: what is there, what fits, what is installed, and what goes again."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from database_kit import Context, Kit, PlayedPackages, PlayedServer

from orchestrator.hosts.server import option_files
from orchestrator.hosts.server.server import RealServer
from orchestrator.hosts.server.server_program import installed
from orchestrator.settings import Settings
from tests.remedies.follow import seen
from workflows.model.answers import Verdict
from workflows.model.errors import RefusedError, WorkflowError
from workflows.steps.application.admin_password import AdminPassword
from workflows.steps.application.basic_configuration import BasicConfiguration
from workflows.steps.database.configuration import DatabaseConfiguration
from workflows.steps.database.schema import CreateSchema
from workflows.steps.database.software import DatabaseSoftware
from workflows.steps.database.user import DatabaseAndUser

pytestmark = pytest.mark.integration

GUIDE = ("MariaDB 10.1", "MariaDB 10.2", "MariaDB 10.3", "MySQL 5.6", "MySQL 5.7")


def host(folder: Path, version: str | None) -> Kit:
    server = PlayedServer(version, folder / "mysql")
    kit = Kit(folder, server=server)
    kit.needs(*GUIDE)

    def comes() -> None:
        server.claims = server.claims or "MariaDB 10.11.19"

    kit.parts.os_packages = kit.packages = PlayedPackages(brings=comes)
    kit.units.active = kit.units.enabled = version is not None
    return kit


def test_what_is_missing_is_installed_enabled_and_started_and_undone_is_gone_again(tmp_path: Path) -> None:
    kit = host(tmp_path, None)
    kit.packages.there["database-client"] = "1"
    step = DatabaseSoftware(kit.plan())
    assert kit.keys(step) == ["database.software", "database.enabled", "database.running"]
    done = kit.attempt(step)
    assert done.facts == {"changed": True, "version": "MariaDB 10.11.19", "asked_for": False}
    assert kit.units.done == ["enable mariadb.service", "start mariadb.service"]
    assert kit.keys(step) == []
    kit.undo(step)
    assert kit.packages.removed == ["database-server", "database-server-core"]
    assert kit.units.done[2:] == ["stop mariadb.service", "disable mariadb.service"]
    kit.undo(step)
    assert kit.packages.removed == ["database-server", "database-server-core"]


def test_a_server_that_is_there_and_fits_is_left_alone(tmp_path: Path) -> None:
    for version in ("MariaDB 10.3.39", "MySQL 5.7.44", "MariaDB 11.4.2"):
        kit = host(tmp_path / version, version)
        assert kit.attempt(DatabaseSoftware(kit.plan())).summary == "was right"
        assert kit.packages.there == {}


def test_a_stopped_server_is_started_and_undone_stopped_again(tmp_path: Path) -> None:
    kit = host(tmp_path, "MariaDB 10.3.39")
    kit.units.active = False
    step = DatabaseSoftware(kit.plan())
    assert kit.keys(step) == ["database.running"]
    kit.attempt(step)
    kit.undo(step)
    assert kit.units.done == ["enable mariadb.service", "start mariadb.service", "stop mariadb.service"]


@pytest.mark.parametrize("version", ["MySQL 8.0.36", "MariaDB 10.0.38", "MariaDB 5.5.68", "MySQL 5.5.62"])
def test_a_server_that_does_not_fit_is_asked_about_and_never_removed(tmp_path: Path, version: str) -> None:
    kit = host(tmp_path, version)
    (found,) = DatabaseSoftware(kit.plan()).look(kit.parts)
    assert (found.key, found.now, found.by_admin) == ("database.version", version, True)
    with pytest.raises(WorkflowError) as refused:
        kit.attempt(DatabaseSoftware(kit.plan()))
    assert refused.value.error_key == "difference-unanswered"
    replaces = DatabaseSoftware(kit.plan(differences={found.key: Verdict.REPLACE}))
    with pytest.raises(RefusedError) as refused:
        kit.attempt(replaces)
    assert refused.value.error_key == "database-version-unfit"
    assert kit.packages.there == {}
    takes_back, removes, resumes, keeps = refused.value.next
    assert takes_back.startswith("orchestrate abort")
    seen(keeps)
    kit.attempt(DatabaseSoftware(kit.plan(differences={found.key: Verdict.KEEP})))
    seen(removes)
    kit.server.claims = None
    seen(resumes)
    assert kit.attempt(replaces).facts["version"] == "MariaDB 10.11.19"


def test_a_release_that_stops_at_another_version_refuses_a_newer_one_as_well(tmp_path: Path) -> None:
    kit = host(tmp_path, "MariaDB 10.11.19")
    kit.needs("MariaDB 10.1", stops=True)
    assert kit.keys(DatabaseSoftware(kit.plan())) == ["database.version"]
    kit.needs("MariaDB >=10.6.10", stops=True)
    assert kit.keys(DatabaseSoftware(kit.plan())) == []


def test_none_is_installed_where_only_what_is_there_may_be_used(tmp_path: Path) -> None:
    kit = host(tmp_path, None)
    with pytest.raises(RefusedError) as refused:
        kit.attempt(DatabaseSoftware(kit.plan(database="existing")))
    assert refused.value.error_key == "database-server-missing"
    assert kit.packages.there == {}


def test_the_distributions_own_server_is_too_old(tmp_path: Path) -> None:
    kit = host(tmp_path, None)
    kit.needs("MariaDB >=11.0", stops=True)
    with pytest.raises(RefusedError) as refused:
        kit.attempt(DatabaseSoftware(kit.plan()))
    assert refused.value.error_key == "database-version-unfit"
    assert Context(kit, "database-software").notes[0]["wanted"] == "MariaDB >=11.0"


def test_the_clients_of_a_software_collection_are_linked_where_everybody_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.steps.database.software.LINKS", str(tmp_path / "bin"))
    kit = host(tmp_path, "MariaDB 10.2.40")
    kit.parts.software.program = lambda name: name if (tmp_path / "bin" / name).is_symlink() else None
    step = DatabaseSoftware(kit.plan())
    assert kit.keys(step) == ["database.client"]
    kit.attempt(step)
    assert str((tmp_path / "bin/mysqldump").readlink()) == "/opt/rh/rh-mariadb102/root/usr/bin/mysqldump"
    assert kit.keys(step) == []
    kit.undo(step)
    assert list((tmp_path / "bin").iterdir()) == []


def cut_off(kit: Kit, *files: str) -> DatabaseSoftware:
    """The server's package is cut off while it makes the first databases: what it made of them is there, and it does not run."""
    step = DatabaseSoftware(kit.plan())
    ctx = kit.context(step)
    ctx.remember(**step.prepare(ctx))
    ctx.remember(added=["database-server"], changed=[asdict(found) for found in step.look(kit.parts)])
    for name in files:
        file = kit.server.data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(10))
    kit.server.claims = "MariaDB 10.11.19"
    kit.units.active = False
    return step


def test_first_databases_that_were_half_made_are_set_aside_for_whole_ones_to_be_made(tmp_path: Path) -> None:
    for number in (1, 2):
        kit = host(tmp_path, None)
        kit.attempt(cut_off(kit, "ibdata1", "mysql/db.frm"))
        assert list(kit.server.data.iterdir()) == []
        assert (tmp_path / f"mysql.cut-off-{number}/ibdata1").read_bytes() == bytes(10)


def test_what_is_half_made_is_not_left_in_the_way_of_another_installation(tmp_path: Path) -> None:
    kit = host(tmp_path, None)
    step = cut_off(kit, "ibdata1", "mysql/db.frm")
    kit.undo(step)
    assert list(kit.server.data.iterdir()) == []


@pytest.mark.parametrize(
    "why", ["it was there before", "a site's database", "the server runs", "the package is whole", "the package comes yet"]
)
def test_data_that_may_be_somebodys_is_never_set_aside(tmp_path: Path, why: str) -> None:
    kit = host(tmp_path, None)
    if why == "it was there before":
        kit.server.data.mkdir()
        (kit.server.data / "lost+found").mkdir()
    step = cut_off(kit, "ibdata1", "mysql/db.frm", *(["shop/orders.frm"] if why == "a site's database" else []))
    kit.units.active = why == "the server runs"
    if why == "the package is whole":
        kit.packages.there["database-server"] = "1"
    if why == "the package comes yet":
        kit.packages.going_on = lambda: kit.packages.there.update({"database-server": "1"})
    kit.attempt(step)
    assert (kit.server.data / "ibdata1").exists()
    assert not list(tmp_path.glob("mysql.*"))


def test_the_server_of_this_machine_is_found_with_name_and_number() -> None:
    server = RealServer(Settings(name="here"))
    assert str(server.version()).startswith("MariaDB 1")
    program = installed()
    assert program is not None
    assert f"mariadb-{'.'.join(program.version().split()[1].split('.')[:2])}" in program.groups()


def test_a_bare_host_is_looked_at_without_an_error_and_nothing_is_made_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.hosts.server.server.installed", lambda *_: None)
    kit = Kit(tmp_path, admin_socket=tmp_path / "nobody.sock")
    kit.parts.software.program = lambda name: None
    kit.units.active = kit.units.enabled = False
    steps = (DatabaseSoftware, DatabaseConfiguration, DatabaseAndUser, CreateSchema, BasicConfiguration, AdminPassword)
    assert [key for step in steps for key in kit.keys(step(kit.plan()))] == [
        "database.software", "database.client", "database.enabled", "database.running", "database.settings", "database.user",
        "database.schema", "configuration.url", "admin.password",
    ]  # fmt: skip
    assert list(kit.home.iterdir()) == list(kit.settings.state.iterdir()) == []


def test_options_are_read_as_the_server_reads_them(tmp_path: Path) -> None:
    included = tmp_path / "conf.d"
    included.mkdir()
    (included / "b.cnf").write_text("[mysqld]\nSQL-Mode = 'A,B' # comment\nloose-wait_timeout=5\n; no\n#no=1\n")
    (included / "a.cnf").write_text("[mysqld]\nskip-networking\nsql_mode=first\n")
    (included / "ignored.txt").write_text("[mysqld]\nsql_mode=never\n")
    single = tmp_path / "single.cnf"
    single.write_text("[client]\nport=1\n")
    root = tmp_path / "my.cnf"
    root.write_text(f"[mysqld]\nport=3306\n!includedir {included}\n!include {single}\n!includedir {tmp_path}/missing\n")
    found = [(one.file.name, one.group, one.name, one.value) for one in option_files.options([root, tmp_path / "none.cnf"])]
    assert found == [
        ("my.cnf", "mysqld", "port", "3306"), ("a.cnf", "mysqld", "skip_networking", "ON"),
        ("a.cnf", "mysqld", "networking", "OFF"), ("a.cnf", "mysqld", "sql_mode", "first"),
        ("b.cnf", "mysqld", "sql_mode", "A,B"), ("b.cnf", "mysqld", "wait_timeout", "5"), ("single.cnf", "client", "port", "1"),
    ]  # fmt: skip
    assert option_files.folders([root]) == [included]
    help_text = (
        "Default options are read from the following files in the given order:\n/etc/my.cnf /etc/mysql/my.cnf ~/.my.cnf \nThe"
    )
    assert option_files.roots(help_text) == [Path("/etc/my.cnf"), Path("/etc/mysql/my.cnf")]


def test_a_file_of_a_package_is_nobodys_until_it_is_edited(tmp_path: Path) -> None:
    if shutil.which("dpkg-query") is None or not Path("/etc/debconf.conf").is_file():
        pytest.skip("no package manager with a file of its own to look at")
    assert option_files.shipped(Path("/etc/debconf.conf"))
    copy = tmp_path / "debconf.conf"
    copy.write_text(Path("/etc/debconf.conf").read_text())
    assert not option_files.shipped(copy)
